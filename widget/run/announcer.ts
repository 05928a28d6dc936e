import type { LitElement, ReactiveController } from "lit";
import { isBusy, type View } from "../element/view.ts";
import type { Language } from "../words/english.ts";
import { announced, plainSpeech, type Spoken } from "./announced.ts";
import { lacksOtherStates, otherStates } from "./other-states-part.ts";
import { isPlain } from "./plain-status.ts";
import { plainWordingOf } from "./plain-wording.ts";

/** Time for which the live region keeps a text: reading the page later, nobody meets it a second time. */
const KEPT_MS = 5_000;
/** Blocks that wait for the same machine say the same: it is said once in this time. */
const SAME_MS = 10_000;

/** Announcers of the page whose runs are under way. */
const busy = new Set<Announcer>();
/** When the page last said a text, in ms. */
const saidAt = new Map<string, number>();

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
    const isOther = !isPlain(view) || changed;
    const others = isOther ? otherStates(this.#update) : undefined;
    // The update after its words are loaded says it; without them the plain ones have to do.
    if (isOther && !others && !lacksOtherStates()) return;
    const last = this.#last;
    const wording = plainWordingOf(language);
    const next = (this.#last = announced(last, view, now, wording, () =>
      others
        ? others.otherSpeech(view, now, others.wordingOf(language), changed)
        : plainSpeech(view, wording),
    ));
    if (next === last || next.text === "") return;
    if (!isBusy(view)) this.say(several ? `${name}: ${next.text}` : next.text);
    else if (!isRepeated(next.text, now)) this.say(next.text);
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

function isRepeated(text: string, now: number): boolean {
  for (const [said, at] of saidAt) if (now - at > SAME_MS) saidAt.delete(said);
  const repeated = saidAt.has(text) && busy.size > 1;
  if (!repeated) saidAt.set(text, now);
  return repeated;
}
