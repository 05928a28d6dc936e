import type { View } from "../element/view.ts";
import type { PlainWording } from "./plain-wording.ts";
import { plainStatus } from "./plain-status.ts";

/** What was said last, and of what. */
export interface Spoken {
  /** What there is to say now; empty: nothing. */
  text: string;
  /** What was said last. */
  said: string;
  /** When, in ms. */
  at: number;
  /** The view that it was said of. */
  view: View;
  /** The beginning of the state, as it was said. */
  began: string;
  /** The progress that has been said since. */
  progress: readonly string[];
}

/** What a screen reader says at `now`, in ms, of an element. */
export interface Announced {
  view: View;
  now: number;
  /** The block's name, which is said while several runs of the page are under way. */
  name: string;
  /** The code is the reader's own. */
  changed: boolean;
  several: boolean;
}

/** Returns what a screen reader says of a plain view: its sentence, once it is another. */
export function plainAnnounced(
  last: Spoken | undefined,
  { view, now }: Announced,
  wording: PlainWording,
): Spoken | undefined {
  const { text = "", note } = plainStatus(view, wording) ?? {};
  const lines = view.ending && wording.run.spoken.lines(lineCount(view));
  const said = [asSentence(text, wording), note, lines].filter(Boolean).join(wording.run.space);
  if (said === (last?.said ?? "")) return last && { ...last, view, text: "" };
  return { text: said, said, at: now, view, began: said, progress: [] };
}

export function asSentence(text: string, { run }: PlainWording): string {
  return text === "" || /[.。…]$/.test(text) ? text : text + run.stop;
}

/** Lines that are on the page; the last one may have no end. */
export function lineCount({ output }: View): number {
  const text = output.parts.map((part) => part.text).join("");
  return text.split("\n").length - (text === "" || text.endsWith("\n") ? 1 : 0);
}
