import type { LitElement, ReactiveController } from "lit";
import { addStyles } from "../element/add-styles.ts";
import type { ShownClaims } from "../element/claims.ts";
import { lazyPart } from "../element/lazy-part.ts";
import { isBusy, shownOf, type OutputPart, type View } from "../element/view.ts";
import type { ErrorPlace } from "./error-line.ts";
import { loadedTerminal } from "./output.ts";
import { digestOf } from "./read-code.ts";
import { whenLoaded } from "./when-loaded.ts";

/** How long a button says that it has copied, in ms. */
const COPIED_MS = 2_000;

export interface ToolsInput {
  view: View;
  claims: ShownClaims;
  /** The program is the author's own: the page shows its lines. */
  isAuthors: boolean;
}

const errorPart = whenLoaded(lazyPart(() => import("./error-mark.ts")));

const tools = new WeakMap<LitElement, ResultTools>();

/** The tools of an element's result, made with its first. */
export function resultTools(host: LitElement): ResultTools {
  const found = tools.get(host) ?? new ResultTools(host);
  tools.set(host, found);
  return found;
}

/** What a reader does with a result: wraps, copies, enlarges it, and goes to the line of its error. */
export class ResultTools implements ReactiveController {
  wrapped = true;
  copied = false;
  enlarged = false;
  readonly #host: LitElement;
  #errorOf: readonly OutputPart[] | undefined;
  #error: ErrorPlace | undefined;
  #follow: "when ended" | "when drawn" | undefined;
  #open: (() => void) | undefined;
  /** Removes the mark on the error's line. */
  #unmark: (() => void) | undefined;

  constructor(host: LitElement) {
    this.#host = host;
    host.addController(this);
  }

  /** Finds the line that an error of the ended run names, and marks it in the author's code. */
  errorOf({ view, claims, isAuthors }: ToolsInput): ErrorPlace | undefined {
    const { ending, output } = shownOf(view);
    const failed = ending && ending.state !== "succeeded" && output.parts.length > 0;
    // With code before the block's own, the program has other line numbers than the block.
    const isWhole = isAuthors && !claims.after && !claims.setup;
    const part = failed && isWhole ? errorPart(this.update) : undefined;
    if (!part) {
      this.#errorOf = this.#error = undefined;
      this.#unmark?.();
    } else if (output.parts !== this.#errorOf) {
      this.#errorOf = output.parts;
      this.#unmark?.();
      this.#error = undefined;
      const isSigned = async (text: string) => (await digestOf(text)) === claims.code;
      void part.markError(this.#host, output.parts, isSigned).then((marked) => {
        if (output.parts !== this.#errorOf) return marked?.unmark();
        this.#error = marked?.place;
        this.#unmark = marked?.unmark;
        if (marked) this.update();
      });
    }
    return this.#error;
  }

  /**
   * With the attribute `follow`, `open` opens the first file once the reader's run has ended well and its files are
   * drawn; it is undefined until they are loaded.
   */
  followTo(view: View, open: (() => void) | undefined): void {
    if (isBusy(view)) this.#follow = "when ended";
    else if (this.#follow === "when ended") {
      const follows = view.state === "succeeded" && this.#host.hasAttribute("follow");
      this.#follow = follows ? "when drawn" : undefined;
    }
    this.#open = this.#follow === "when drawn" ? open : undefined;
  }

  hostUpdated(): void {
    const terminal = loadedTerminal();
    if (terminal) addStyles(this.root, terminal.terminalStyles);
    if (!this.#open) return;
    this.#follow = undefined;
    this.#open();
    this.#open = undefined;
  }

  hostDisconnected(): void {
    this.#unmark?.();
    this.#errorOf = undefined;
  }

  get root(): ShadowRoot {
    return this.#host.renderRoot as ShadowRoot;
  }

  readonly update = (): void => this.#host.requestUpdate();

  readonly toggleWrap = (): void => {
    this.wrapped = !this.wrapped;
    this.update();
  };

  async copy(text: string): Promise<void> {
    await navigator.clipboard.writeText(text);
    this.copied = true;
    this.update();
    setTimeout(() => {
      this.copied = false;
      this.update();
    }, COPIED_MS);
  }

  /** Escape leaves full screen, as everywhere. */
  readonly toggleEnlarged = async (): Promise<void> => {
    if (this.root.fullscreenElement) await document.exitFullscreen();
    else await this.root.querySelector(".shown")?.requestFullscreen();
  };

  readonly fullScreenChanged = (): void => {
    this.enlarged = Boolean(this.root.fullscreenElement);
    this.update();
  };

  readonly goToLine = (): void => {
    const part = errorPart(this.update);
    if (this.#error) part?.showLine(this.#host);
  };
}
