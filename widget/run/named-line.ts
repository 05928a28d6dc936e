import type { LitElement, ReactiveController } from "lit";
import type { ShownClaims } from "../element/claims.ts";
import type { OutputPart, Shown } from "../element/view.ts";
import type { MarkedLine } from "./error-mark.ts";
import { outputMarks } from "./output-marks-part.ts";
import type { SetUpLine } from "./program-line.ts";
import { matchesClaim, readCode } from "./read-code.ts";

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
  #found: MarkedLine | SetUpLine | undefined;
  /** The update that goes on shows a run whose error may name a line. */
  #isWanted = false;

  constructor(host: LitElement) {
    this.#host = host;
    host.addController(this);
  }

  /** Returns the line, once it is found. */
  find(
    { ending, output: { parts } }: Shown,
    claims: ShownClaims,
    isAuthors: boolean,
  ): MarkedLine | SetUpLine | undefined {
    const failed = ending && ending.state !== "succeeded" && parts.length > 0;
    const part = failed && isAuthors ? outputMarks(this.#update) : undefined;
    if (!part) return undefined;
    this.#isWanted = true;
    if (parts !== this.#of) {
      this.#forget();
      this.#of = parts;
      const marking = part.markError(this.#host, parts, claims, { matchesClaim, readCode });
      void marking.then(
        (found) => {
          if (parts !== this.#of) return unmark(found);
          unmark(this.#found);
          this.#found = found;
          if (found) this.#update();
        },
        // The code before the block's own can't be read at the moment: no line is marked.
        () => undefined,
      );
    }
    return this.#found;
  }

  hostUpdated(): void {
    if (!this.#isWanted) this.#forget();
    this.#isWanted = false;
  }

  hostDisconnected(): void {
    this.#forget();
  }

  readonly goTo = (): void => {
    const part = outputMarks(this.#update);
    if (this.#found && "range" in this.#found) part?.showLine(this.#found.range);
  };

  readonly #update = (): void => this.#host.requestUpdate();

  #forget(): void {
    unmark(this.#found);
    this.#of = this.#found = undefined;
  }
}

function unmark(found: MarkedLine | SetUpLine | undefined): void {
  if (found && "unmark" in found) found.unmark();
}
