import type { LitElement, ReactiveController } from "lit";

/** Keeps the reader's place over updates: the end of the output, the focus, and the height of the page. */
export class ReadingPosition implements ReactiveController {
  /** Height of the last result, in px: a new run starts in a box of this height, so the page does not jump. */
  height = 0;
  /** The author's font of code, which the output has as well: declarations of custom properties. */
  codeFont = "";
  readonly #host: LitElement;
  /** The reader sees the last line of output: new lines scroll into view. */
  #atEnd = true;
  /** The focus is on Stop, which is replaced when the run part is loaded, and removed when the run ends. */
  #onStop = false;
  /** A pointer holds Stop down. */
  #heldStop: Element | undefined;

  constructor(host: LitElement) {
    this.#host = host;
    this.measure();
    host.addController(this);
  }

  /** Reads the page's layout: at a press, and never while output arrives. */
  measure(): void {
    const code = this.#host.querySelector("code") ?? this.#host;
    const { fontFamily, fontSize } = getComputedStyle(code);
    this.codeFont = `--code-font:${fontFamily};--code-size:${fontSize}`;
    this.height = this.#find(".result")?.offsetHeight ?? 0;
  }

  hostUpdate(): void {
    const output = this.#find(".output");
    this.#atEnd = !output || output.scrollTop + output.clientHeight > output.scrollHeight - 8;
    this.#heldStop = this.#find(".stop:active") ?? undefined;
    this.#onStop = this.#host.shadowRoot?.activeElement?.classList.contains("stop") === true;
  }

  hostUpdated(): void {
    const output = this.#find(".output");
    if (output && this.#atEnd) output.scrollTop = output.scrollHeight;
    const stop = this.#find(".stop");
    if (this.#heldStop && this.#heldStop !== stop) {
      // Browsers click no button that took the place of the one under the pointer.
      stop?.addEventListener("pointerup", () => stop.click(), { once: true });
    }
    if (this.#onStop) (stop ?? this.#find(".run"))?.focus({ preventScroll: true });
  }

  #find(selector: string): HTMLElement | null {
    return this.#host.renderRoot.querySelector<HTMLElement>(selector);
  }
}
