import { isBusy, type View } from "../element/view.ts";
import type { PlainWording } from "./plain-wording.ts";
import { plainStatus } from "./plain-status.ts";

/** What was said last, and of what. */
export interface Spoken {
  /** Empty: nothing. */
  text: string;
  /** When, in ms. */
  at: number;
  /** The view that it was said of. */
  view: View;
  /** The beginning of the state, as it was said. */
  began: string;
  /** The progress that has been said since. */
  progress: readonly string[];
}

/** What there is to say of a view. */
export interface Speech {
  /** When a state begins. */
  beginning: string;
  /** When the run has ended. */
  ending: string;
  /** When the server or the network fails. */
  trouble: string;
  /** Why a stored result is shown. */
  stored: string;
  progress: readonly string[];
}

/** Steps of a wake and output that comes are said at most once in this time. */
const PROGRESS_MS = 10_000;

/** Returns what a screen reader says of `view` at `now`; `last` itself: nothing new. */
export function announced(
  last: Spoken | undefined,
  view: View,
  now: number,
  { run, page }: PlainWording,
  speak: () => Speech,
): Spoken {
  const before = last?.view;
  if (last && view === before && !isBusy(view)) return last;
  const speech = speak();
  const say = (text: string, began = last?.began ?? "", progress = last?.progress ?? []) => ({
    ...{ text, at: now, view, began, progress },
  });
  if (!last || hasMoved(last.view, view)) {
    const began = isBusy(view) ? speech.beginning : speech.ending;
    // Posted and queued are the same to a reader.
    if (last && began === last.began && isBusy(view)) return { ...last, view };
    return say(began, began, []);
  }
  if (view.canceling && !before?.canceling) return say(run.stopping);
  if (view.trouble && !before?.trouble) return say(speech.trouble);
  if (!view.trouble && before?.trouble) return say(last.began);
  if (view.earlier && !before?.earlier) return say(speech.stored);
  const news = speech.progress.filter((sentence) => !last.progress.includes(sentence));
  const isFirstPlace =
    view.position !== undefined && last.began === page.waiting && !last.progress.length;
  if (news.length === 0 || (now - last.at < PROGRESS_MS && !isFirstPlace)) return { ...last, view };
  return say(news.join(run.space), last.began, speech.progress);
}

function hasMoved(before: View, { state, run, retrying }: View): boolean {
  return (
    state !== before.state ||
    (run !== undefined && before.run !== undefined && run.id !== before.run.id) ||
    retrying?.attempt !== before.retrying?.attempt
  );
}

/** What there is to say of a plain view. */
export function plainSpeech(view: View, wording: PlainWording): Speech {
  const { page, run } = wording;
  const { text = "", note } = plainStatus(view, wording) ?? {};
  const lines = linesOf(view, wording);
  return {
    beginning: asSentence(text, wording),
    ending: [text, note, lines].filter(Boolean).join(run.space),
    trouble: [view.trouble?.offline && text === page.offline && text, note]
      .filter(Boolean)
      .join(run.space),
    stored: "",
    progress: outputProgress(view, wording),
  };
}

/** How much output a run that has ended left. */
export function linesOf(view: View, { run }: PlainWording): string {
  if (!view.ending) return "";
  const lines = lineCount(view);
  if (lines > 0) return run.spoken.lines(lines);
  return view.state === "succeeded" || view.state === "failed" ? run.output.none : "";
}

/** How much output has come of a run that goes on. */
export function outputProgress(view: View, { run }: PlainWording): string[] {
  const count = view.state === "running" ? lineCount(view) : 0;
  return count === 0 ? [] : [run.spoken.linesSoFar(count)];
}

export function asSentence(text: string, { run }: PlainWording): string {
  return text === "" || /[.。…]$/.test(text) ? text : text + run.stop;
}

/** Lines that are on the page; the last one may have no end. */
function lineCount({ output }: View): number {
  const ends = output.parts.reduce((sum, { text }) => sum + text.split("\n").length - 1, 0);
  const last = output.parts.at(-1)?.text ?? "";
  return ends + (last === "" || last.endsWith("\n") ? 0 : 1);
}
