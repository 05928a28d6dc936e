import { isBusy, isStored, type View } from "../element/view.ts";
import { statusOf, storedNote, wakePace } from "./words.ts";
import type { Wording } from "./wording.ts";

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

/** Steps of a wake and output that comes are said at most once in this time. */
const PROGRESS_MS = 10_000;

/** Returns what a screen reader says of `view` at `now`; `last` itself: nothing new. */
export function announced(
  last: Spoken | undefined,
  view: View,
  now: number,
  wording: Wording,
  changed = false,
): Spoken {
  const before = last?.view;
  if (last && view === before && !isBusy(view)) return last;
  const say = (text: string, began = last?.began ?? "", progress = last?.progress ?? []) => ({
    ...{ text, at: now, view, began, progress },
  });
  if (!last || hasMoved(last.view, view)) {
    const began = isBusy(view)
      ? beginning(view, now, wording)
      : ending(view, now, wording, changed);
    // Posted and queued are the same to a reader.
    if (last && began === last.began && isBusy(view)) return { ...last, view };
    return say(began, began, []);
  }
  const { run, page } = wording;
  if (view.canceling && !before?.canceling) return say(run.stopping);
  if (view.trouble && !before?.trouble) return say(troubleWords(view, now, wording));
  if (!view.trouble && before?.trouble) return say(last.began);
  if (view.earlier && !before?.earlier) return say(storedNote(view, wording));
  const current = progressOf(view, now, wording);
  const news = current.filter((sentence) => !last.progress.includes(sentence));
  const isFirstPlace =
    view.position !== undefined && last.began === page.waiting && !last.progress.length;
  if (news.length === 0 || (now - last.at < PROGRESS_MS && !isFirstPlace)) return { ...last, view };
  return say(news.join(run.space), last.began, current);
}

function hasMoved(before: View, { state, run, retrying }: View): boolean {
  return (
    state !== before.state ||
    (run !== undefined && before.run !== undefined && run.id !== before.run.id) ||
    retrying?.attempt !== before.retrying?.attempt
  );
}

/** What is said when a state begins. */
function beginning(view: View, now: number, wording: Wording): string {
  const { run } = wording;
  const status = statusOf(view, now, wording);
  if (!status) return "";
  const text = asSentence(status.text, wording);
  if (view.state === "waking") {
    const { usual, startedAt } = view.waking ?? {};
    const pace = usual && wakePace(usual.p50_s, usual.p90_s, (now - startedAt!) / 1000, wording);
    return [text, pace].filter(Boolean).join(run.space);
  }
  return view.state === "retrying" && status.note ? text + run.space + status.note : text;
}

function troubleWords(view: View, now: number, wording: Wording): string {
  const { text, note } = statusOf(view, now, wording) ?? { text: "" };
  const isReason = view.trouble?.offline && text === wording.page.offline;
  return [isReason && text, note].filter(Boolean).join(wording.run.space);
}

function progressOf(view: View, now: number, wording: Wording): string[] {
  const { run } = wording;
  const { waking, position } = view;
  if (view.state === "running") {
    const count = lineCount(view);
    return count === 0 ? [] : [run.spoken.linesSoFar(count)];
  }
  if (view.state === "queued") return position === undefined ? [] : [run.place(position)];
  if (view.state !== "waking" || !waking) return [];
  const { phase, step, usual, startedAt } = waking;
  const named = run.waking.phase[phase] ?? phase;
  const at = step ? run.waking.step(named, step.number, step.of, step.name) : named;
  const elapsedS = (now - startedAt) / 1000;
  const late = usual && elapsedS > usual.p50_s;
  return [
    asSentence(at, wording),
    ...(late ? [wakePace(usual.p50_s, usual.p90_s, elapsedS, wording)] : []),
  ];
}

/** How a run ended, how much output and how many files it left, and what its error says. */
function ending(view: View, now: number, wording: Wording, changed: boolean): string {
  const { run } = wording;
  const status = statusOf(view, now, wording);
  if (!status) return "";
  const said = isStored(view) ? [storedNote(view, wording)] : [status.text, status.note];
  if (view.ending) {
    const lines = lineCount(view);
    const files = view.ending.artifacts.length;
    if (lines > 0) said.push(run.spoken.lines(lines));
    else if (view.state === "succeeded" || view.state === "failed") said.push(run.output.none);
    if (files > 0) said.push(run.spoken.files(files));
    const error = view.state === "failed" && errorLine(view);
    if (error) said.push(run.spoken.error(error));
    if (changed) said.push(run.spoken.changed);
  }
  return said.filter(Boolean).join(run.space);
}

function asSentence(text: string, { run }: Wording): string {
  return /[.。…]$/.test(text) ? text : text + run.stop;
}

/** Lines that are on the page; the last one may have no end. */
function lineCount({ output }: View): number {
  const ends = output.parts.reduce((sum, { text }) => sum + text.split("\n").length - 1, 0);
  const last = output.parts.at(-1)?.text ?? "";
  return ends + (last === "" || last.endsWith("\n") ? 0 : 1);
}

const MOST_CHARACTERS = 200;

/** The line of stderr that names the error, else its last line. Stack traces are indented. */
function errorLine({ output }: View): string | undefined {
  const lines = output.parts
    .filter(({ stream }) => stream === "stderr")
    .map(({ text }) => text)
    .join("")
    .split("\n")
    .filter((line) => /^\S/.test(line));
  const named = lines.findLast((line) => /error|exception|fatal|panic/i.test(line));
  return (named ?? lines.at(-1))?.trim().slice(0, MOST_CHARACTERS);
}
