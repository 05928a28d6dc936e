import type { LitElement, ReactiveController } from "lit";
import { lazyPart } from "../element/lazy-part.ts";
import { isBusy, type View } from "../element/view.ts";

/** A reader who waits longer than this may look at another tab, in ms. */
const LONG_MS = 10_000;
const loadNotice = lazyPart(() => import("../tab-notice/tab-notice.ts"));

/** Tells a reader whose tab is hidden that a long wait has ended. */
export class LongWait implements ReactiveController {
  readonly #host: LitElement;
  readonly #view: () => View;
  /** When the run that is under way was pressed. */
  #since: number | undefined;

  constructor(host: LitElement, view: () => View) {
    this.#host = host;
    this.#view = view;
  }

  hostUpdate(): void {
    const view = this.#view();
    const since = this.#since;
    this.#since = isBusy(view) ? view.pressedAt : undefined;
    if (since === undefined || this.#since !== undefined || view.state === "canceled") return;
    const isOff = this.#host.getAttribute("tab-notice") === "off";
    if (isOff || document.visibilityState !== "hidden" || Date.now() - since < LONG_MS) return;
    loadNotice().then(
      ({ noticeEnd }) => noticeEnd(view.state === "succeeded"),
      () => undefined,
    );
  }
}
