import type { LitElement, ReactiveController } from "lit";
import type { ShownClaims } from "../element/claims.ts";
import { lazyPart } from "../element/lazy-part.ts";
import type { OutputPart, Shown } from "../element/view.ts";
import type { ErrorPlace } from "./error-line.ts";
import { digestOf } from "./read-code.ts";
import { whenLoaded } from "./when-loaded.ts";

const errorPart = whenLoaded(lazyPart(() => import("./error-mark.ts")));

const lines = new WeakMap<LitElement, NamedLine>();

/** The line that errors of an element's runs name, made with its first result that is not plain. */
export function namedLine(host: LitElement): NamedLine {
  const found = lines.get(host) ?? new NamedLine(host);
  lines.set(host, found);
  return found;
}

/** Finds the line that the error of a failed run names, and marks it in the author's code while the run is shown. */
export class NamedLine implements ReactiveController {
  readonly #host: LitElement;
  #of: readonly OutputPart[] | undefined;
  #place: ErrorPlace | undefined;
  #unmark: (() => void) | undefined;
  /** The update that goes on shows a run whose error may name a line. */
  #isWanted = false;

  constructor(host: LitElement) {
    this.#host = host;
    host.addController(this);
  }

  /** Returns the place of the line's number in the output, once it is found. */
  placeIn(
    { ending, output }: Shown,
    claims: ShownClaims,
    isAuthors: boolean,
  ): ErrorPlace | undefined {
    const { parts } = output;
    const failed = ending && ending.state !== "succeeded" && parts.length > 0;
    // With code before the block's own, the program has other line numbers than the block.
    const isWhole = isAuthors && !claims.after && !claims.setup;
    const part = failed && isWhole ? errorPart(this.#update) : undefined;
    if (!part) return undefined;
    this.#isWanted = true;
    if (parts !== this.#of) {
      this.#forget();
      this.#of = parts;
      const isSigned = async (text: string) => (await digestOf(text)) === claims.code;
      void part.markError(this.#host, parts, isSigned).then((marked) => {
        if (parts !== this.#of) return marked?.unmark();
        this.#place = marked?.place;
        this.#unmark = marked?.unmark;
        if (marked) this.#update();
      });
    }
    return this.#place;
  }

  hostUpdated(): void {
    if (!this.#isWanted) this.#forget();
    this.#isWanted = false;
  }

  hostDisconnected(): void {
    this.#forget();
  }

  readonly goTo = (): void => {
    const part = errorPart(this.#update);
    if (this.#place) part?.showLine(this.#host);
  };

  readonly #update = (): void => this.#host.requestUpdate();

  #forget(): void {
    this.#unmark?.();
    this.#of = this.#place = this.#unmark = undefined;
  }
}
