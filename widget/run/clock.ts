import type { ReactiveController, ReactiveControllerHost } from "lit";
import { isBusy, type View } from "../element/view.ts";

/** Updates its host as time passes, while the view shows an elapsed time or an age. */
export class Clock implements ReactiveController {
  /** The page's clock at the last tick, in ms. */
  now = 0;
  readonly #host: ReactiveControllerHost & Element;
  readonly #view: () => View;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: ReactiveControllerHost & Element, view: () => View) {
    this.#host = host;
    this.#view = view;
    host.addController(this);
  }

  hostConnected(): void {
    // The first press draws after its request.
    if (this.now) this.tick();
  }

  hostDisconnected(): void {
    clearTimeout(this.#timer);
  }

  /** Updates the host now, and again when the time that its view shows has changed. */
  tick(): void {
    clearTimeout(this.#timer);
    this.now = Date.now();
    this.#host.requestUpdate();
    const ms = this.#host.isConnected ? tickMs(this.#view(), this.now) : undefined;
    if (ms !== undefined) this.#timer = setTimeout(() => this.tick(), ms);
  }
}

/** The elapsed time has tenths for the first ten seconds; the age of a stored result has minutes. */
function tickMs(view: View, now: number): number | undefined {
  if (isBusy(view)) return now - view.pressedAt < 10_000 ? 100 : 1000;
  return view.stored && 20_000;
}
