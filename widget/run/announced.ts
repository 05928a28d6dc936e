import { isBusy, type View } from "../element/view.ts";
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

/** Returns what a screen reader says of a plain `view` at `now`: its sentence, once it is another. */
export function plainAnnounced(
  last: Spoken | undefined,
  view: View,
  now: number,
  wording: PlainWording,
): Spoken {
  const { text, isNote } = plainSpeech(view, wording);
  if (text === last?.said) return { ...last, view, text: "" };
  return { text, said: text, at: now, view, began: (isNote && last?.began) || text, progress: [] };
}

/** The sentence of a plain view, or its note while there is trouble or Stop was pressed. */
function plainSpeech(view: View, wording: PlainWording): { text: string; isNote: boolean } {
  const { page, run } = wording;
  const { text = "", note } = plainStatus(view, wording) ?? {};
  const isNote = isBusy(view) && note !== undefined;
  const isHidden = isNote && text !== page.offline;
  const said = [isHidden ? "" : asSentence(text, wording), note, linesOf(view, wording)];
  return { text: said.filter(Boolean).join(run.space), isNote };
}

/** How much output a run that has ended left. */
export function linesOf(view: View, { run }: PlainWording): string {
  if (!view.ending) return "";
  const lines = lineCount(view);
  if (lines > 0) return run.spoken.lines(lines);
  return view.state === "succeeded" || view.state === "failed" ? run.output.none : "";
}

export function asSentence(text: string, { run }: PlainWording): string {
  return text === "" || /[.。…]$/.test(text) ? text : text + run.stop;
}

/** Lines that are on the page; the last one may have no end. */
export function lineCount({ output }: View): number {
  const text = output.parts.map((part) => part.text).join("");
  return text.split("\n").length - (text === "" || text.endsWith("\n") ? 1 : 0);
}
