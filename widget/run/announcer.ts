import type { LitElement, ReactiveController } from "lit";
import { isBusy, type View } from "../element/view.ts";
import type { Language } from "../words/english.ts";
import { plainAnnounced, type Spoken } from "./announced.ts";
import { lacksOtherStates, loadedOtherStates, otherStates } from "./other-states-part.ts";
import { isPlain } from "./plain-status.ts";
import { plainWordingOf } from "./plain-wording.ts";

/** Time for which the live region keeps a text: reading the page later, nobody meets it a second time. */
const KEPT_MS = 5_000;

/** Blocks that wait for the same machine say the same: it is said once in this time. */
const SAME_MS = 10_000;

/** When the page last said a text, in ms; forgotten once no run is under way. */
const saidAt = new Map<string, number>();
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

  /** Takes what the page shows at `now`, in ms. `name` is the block's; `changed`: the code is the reader's own. */
  follow(view: View, now: number, language: Language, name: string, changed: boolean): void {
    const several = busy.size > (busy.has(this) ? 1 : 0);
    if (isBusy(view)) busy.add(this);
    else busy.delete(this);
    if (busy.size === 0) saidAt.clear();
    const isOther = several || changed || !isPlain(view, now);
    const others = isOther ? otherStates(this.#update) : loadedOtherStates();
    // The update after its words are loaded says it; without them the plain ones have to do.
    if (isOther && !others && !lacksOtherStates()) return;
    const last = this.#last;
    const { text } = (this.#last = others
      ? others.otherAnnounced(this.#last, view, now, others.wordingOf(language), changed)
      : plainAnnounced(this.#last, view, now, plainWordingOf(language)));
    if (text === "" || this.#last === last) return;
    if (!isBusy(view)) return this.say(several ? `${name}: ${text}` : text);
    if (several && now - (saidAt.get(text) ?? -Infinity) < SAME_MS) return;
    saidAt.set(text, now);
    this.say(text);
  }

  /** Says `text` next. */
  say(text: string): void {
    this.text = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.text = "";
      this.#update();
    }, KEPT_MS);
  }

  readonly #update = (): void => this.#host.requestUpdate();
}
