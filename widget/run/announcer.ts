import type { LitElement, ReactiveController } from "lit";
import { isBusy } from "../element/view.ts";
import type { Language } from "../words/english.ts";
import { plainAnnounced, type Announced, type Spoken } from "./announced.ts";
import { lacksOtherStates, loadedOtherStates, otherStates } from "./other-states-part.ts";
import { isPlain } from "./plain-status.ts";
import { plainWordingOf } from "./plain-wording.ts";

/** Time for which the live region keeps a text: reading the page later, nobody meets it a second time. */
const KEPT_MS = 5_000;

/** Announcers of the page whose runs are under way. */
const busy = new Set<Announcer>();

/** Decides what the live region of an element says: each change of a run once. */
export class Announcer implements ReactiveController {
  /** The text of the live region. */
  text = "";
  readonly #host: LitElement;
  #last: Spoken | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: LitElement) {
    this.#host = host;
    host.addController(this);
  }

  hostDisconnected(): void {
    busy.delete(this);
    clearTimeout(this.#timer);
  }

  /** Takes what the page shows. */
  follow(shown: Omit<Announced, "several">, language: Language): void {
    const { view, now, changed } = shown;
    busy.delete(this);
    const several = busy.size > 0;
    if (isBusy(view)) busy.add(this);
    const isOther = several || changed || !isPlain(view, now);
    const others = isOther ? otherStates(this.#update) : loadedOtherStates();
    // The update after its words are loaded says it; without them the plain ones have to do.
    if (isOther && !others && !lacksOtherStates()) return;
    const last = this.#last;
    const all = { ...shown, several };
    this.#last = others
      ? others.otherAnnounced(last, all, others.wordingOf(language))
      : plainAnnounced(last, all, plainWordingOf(language));
    if (this.#last !== last && this.#last?.text) this.#say(this.#last.text);
  }

  #say(text: string): void {
    this.text = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.text = "";
      this.#update();
    }, KEPT_MS);
  }

  readonly #update = (): void => this.#host.requestUpdate();
}
