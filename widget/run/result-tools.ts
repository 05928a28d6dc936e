import type { LitElement, ReactiveController } from "lit";
import { addStyles } from "../element/add-styles.ts";
import { isBusy, type View } from "../element/view.ts";
import { loadedTerminal } from "./output.ts";

/** How long a button says that it has copied, in ms. */
const COPIED_MS = 2_000;

const tools = new WeakMap<LitElement, ResultTools>();

/** The tools of an element's result, made with its first. */
export function resultTools(host: LitElement): ResultTools {
  const found = tools.get(host) ?? new ResultTools(host);
  tools.set(host, found);
  return found;
}

/** What a reader does with a result: wraps, copies and enlarges it. */
export class ResultTools implements ReactiveController {
  wrapped = true;
  copied = false;
  enlarged = false;
  readonly #host: LitElement;
  #follow: "when ended" | "when drawn" | undefined;
  #open: (() => void) | undefined;

  constructor(host: LitElement) {
    this.#host = host;
    host.addController(this);
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
}
