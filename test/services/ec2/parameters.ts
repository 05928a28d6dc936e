import { invalidValue, missing } from "./error.ts";

/** A request's form, or the part of it below a prefix: lists are numbered from 1, structures dotted. */
export class Parameters {
  readonly #values: ReadonlyMap<string, string>;
  readonly #prefix: string;

  constructor(values: Iterable<[string, string]>, prefix = "") {
    this.#values = new Map(values);
    this.#prefix = prefix;
  }

  text(name: string): string | undefined {
    return this.#values.get(this.#prefix + name);
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined || value === "") throw missing(this.#prefix + name);
    return value;
  }

  flag(name: string): boolean {
    const value = this.text(name);
    if (value === undefined) return false;
    if (value !== "true" && value !== "false") throw invalidValue(this.#prefix + name, value);
    return value === "true";
  }

  whole(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (!/^-?\d+$/.test(value)) throw invalidValue(this.#prefix + name, value);
    return Number(value);
  }

  /** `InstanceId.1`, `InstanceId.2`, … */
  list(name: string): string[] {
    return this.#numbers(name).map((number) => this.required(`${name}.${number}`));
  }

  /** `Tag.1.Key`, `Tag.1.Value`, `Tag.2.Key`, … */
  structures(name: string): Parameters[] {
    return this.#numbers(name).map((number) => this.structure(`${name}.${number}`));
  }

  structure(name: string): Parameters {
    return new Parameters(this.#values, `${this.#prefix}${name}.`);
  }

  /** Whether anything was said of `name`, as a value or as a structure. */
  has(name: string): boolean {
    const full = this.#prefix + name;
    return [...this.#values.keys()].some((key) => key === full || key.startsWith(`${full}.`));
  }

  /** Everything, sorted, but for `except`: two requests that say the same have the same. */
  statement(...except: string[]): string {
    const entries = [...this.#values].filter(([key]) => !except.includes(key));
    return JSON.stringify(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  #numbers(name: string): number[] {
    const prefix = `${this.#prefix}${name}.`;
    const numbers = [...this.#values.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => Number(key.slice(prefix.length).split(".")[0]));
    return [...new Set(numbers)].filter(Number.isInteger).toSorted((a, b) => a - b);
  }
}
