import type fc from "fast-check";
import type { Given, Model, ModelRun } from "./model.ts";
import type { System } from "./system.ts";

/** One thing that happens. `happens` tells the model and the system, and holds their answers together. */
type Happens = (model: Model, system: System) => Promise<void>;

class Step implements fc.AsyncCommand<Model, System> {
  readonly #name: string;
  readonly #happens: Happens;
  readonly #needs: (model: Readonly<Model>) => boolean;

  constructor(name: string, happens: Happens, needs: (model: Readonly<Model>) => boolean) {
    this.#name = name;
    this.#happens = happens;
    this.#needs = needs;
  }
  check = (model: Readonly<Model>) => this.#needs(model);
  async run(model: Model, system: System): Promise<void> {
    // No two runs are asked for in the same millisecond: their order would be anybody's.
    model.now++;
    system.clock.now = model.now;
    await this.#happens(model, system);
  }
  toString = () => this.#name;
}

const always = () => true;
export const step = (
  name: string,
  happens: Happens,
  needs: (model: Readonly<Model>) => boolean = always,
) => new Step(name, happens, needs);
export const pick = <Item>(items: readonly Item[], at: number): Item => items[at % items.length]!;
export const runOf = (model: Model, { run }: Given): ModelRun =>
  model.runs.find(({ id }) => id === run)!;

export const hasRuns = (model: Readonly<Model>) => model.runs.length > 0;
export const hasGiven = (model: Readonly<Model>) => model.given.length > 0;
