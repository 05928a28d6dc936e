import type { View } from "../element/view.ts";
import { isStored } from "./page-view.ts";
import { asSentence, lineCount } from "./announced.ts";
import type { Wording } from "./wording.ts";
import { wakePace, wakingStep } from "./waking-words.ts";
import { statusOf, storedNote } from "./words.ts";

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

/** What there is to say of any view; `changed`: the code is the reader's own. */
export function otherSpeech(view: View, now: number, wording: Wording, changed: boolean): Speech {
  return {
    beginning: beginning(view, now, wording),
    ending: ending(view, now, wording, changed),
    trouble: troubleWords(view, now, wording),
    stored: storedNote(view, wording),
    progress: progressOf(view, now, wording),
  };
}

/** What is said when a state begins. */
function beginning(view: View, now: number, wording: Wording): string {
  const { run } = wording;
  const status = statusOf(view, now, wording);
  if (!status) return "";
  const text = asSentence(status.text, wording);
  if (view.state === "waking") {
    const { usual, startedAt } = view.waking ?? {};
    const pace = usual && wakePace(usual, (now - startedAt!) / 1000, wording);
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
  if (view.state === "queued") return position === undefined ? [] : [run.place(position)];
  if (view.state === "running") {
    const lines = lineCount(view);
    return lines === 0 ? [] : [run.spoken.linesSoFar(lines)];
  }
  if (view.state !== "waking" || !waking) return [];
  const { usual, startedAt } = waking;
  const elapsedS = (now - startedAt) / 1000;
  const late = usual && elapsedS > usual.p50_s;
  return [
    asSentence(wakingStep(waking, wording), wording),
    ...(late ? [wakePace(usual, elapsedS, wording)] : []),
  ];
}

/** How a run ended, how much output and how many files it left, and what its error says. */
function ending(view: View, now: number, wording: Wording, changed: boolean): string {
  const { run } = wording;
  const status = statusOf(view, now, wording);
  if (!status) return "";
  const said = isStored(view) ? [storedNote(view, wording)] : [status.text, status.note];
  if (view.ending) {
    said.push(linesOf(view, wording));
    const files = view.ending.artifacts.length;
    if (files > 0) said.push(run.spoken.files(files));
    const error = view.state === "failed" && errorLine(view);
    if (error) said.push(run.spoken.error(error));
    if (changed) said.push(run.spoken.changed);
  }
  return said.filter(Boolean).join(run.space);
}

/** How much output a run that has ended left. */
function linesOf(view: View, { run }: Wording): string {
  const lines = lineCount(view);
  if (lines > 0) return run.spoken.lines(lines);
  return view.state === "succeeded" || view.state === "failed" ? run.output.none : "";
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
