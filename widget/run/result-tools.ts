import type { LitElement, ReactiveController } from "lit";
import { addStyles } from "../element/add-styles.ts";
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

  constructor(host: LitElement) {
    this.#host = host;
    host.addController(this);
  }

  hostUpdated(): void {
    const terminal = loadedTerminal();
    if (terminal) addStyles(this.root, terminal.terminalStyles);
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
