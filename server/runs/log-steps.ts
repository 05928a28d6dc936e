import type { EventBody, StepEnded, StepStarted, StreamName } from "../../protocol/events.ts";
import type { RunState } from "../../protocol/run.ts";
import { plainOutput } from "../../protocol/terminal-pieces.ts";
import { addLogOutput, type LogLine, noLines } from "./log-lines.ts";

/** Most characters of output on a page, over all steps; the raw log holds the rest. */
const SHOWN = 60_000;
/** What a line counts beside its own characters: each is an element of the page. */
const PER_LINE = 16;
/** Most steps of a page: what a machine prints in later ones comes with the last. */
export const MOST_STEPS = 10_000;
/** Most lines quoted of a failed step. */
const QUOTED = 10;

/** An event of a run and its time. */
export interface LoggedEvent {
  at: number;
  event: EventBody;
}

/** Consecutive output of one stream. */
export interface Stretch {
  stream: StreamName;
  text: string;
}

/** A stretch with the times of its pieces, each with where it starts. */
type TimedStretch = Stretch & { times: { from: number; at: number }[] };

export interface StepView {
  /** 0: output outside of any step. */
  step: number;
  kind: StepStarted["kind"] | "outside";
  name: string;
  commit: string | undefined;
  /** The pass of the file's matrix. */
  pass?: number | undefined;
  startedAt: number;
  ended:
    | {
        exitCode: number | null;
        signal: string | null;
        ranS: number;
        outcome?: StepEnded["outcome"];
      }
    | undefined;
}

/** `ignored`: it failed, and the run went on. */
export type StepState = RunState | NonNullable<StepEnded["outcome"]>;

/** A line with the time at which it began, in milliseconds since the start of its step. */
export type TimedLine = LogLine & { afterMs: number };

export interface LoggedStep extends StepView {
  lines: TimedLine[];
}

export interface ShownStep extends LoggedStep {
  /** Characters of its output before the lines shown. */
  left: number;
}

/** Assigns each piece of output to its step, of `most` steps. */
export function createSteps(most = Infinity) {
  const steps: StepView[] = [];
  const places = new Map<StepView, number>();
  const byNumber = new Map<number, StepView>();
  /** The latest step until it ends. Output without a step number belongs to it. */
  let current: StepView | undefined;

  function add(step: StepView): StepView {
    places.set(step, steps.length);
    steps.push(step);
    return step;
  }

  function stepOf(number: number | undefined, at: number): StepView {
    const named = number === undefined ? undefined : byNumber.get(number);
    if (steps.length >= most) return named ?? current ?? steps.at(-1)!;
    return named ?? (current ??= add(outside(at)));
  }

  return {
    steps,

    /** Applies an attempt's next event; returns its output, with its step and that one's place among all. */
    apply(event: EventBody, at: number): (Stretch & { step: StepView; place: number }) | undefined {
      if (event.type === "step_started") {
        if (steps.length >= most) return undefined;
        const { step, kind, name, commit, pass, began_ago_s: ago = 0 } = event;
        const startedAt = at - ago * 1000;
        current = add({ step, kind, name, commit, pass, startedAt, ended: undefined });
        byNumber.set(step, current);
      } else if (event.type === "step_ended") {
        const step = byNumber.get(event.step);
        if (step) {
          const { exit_code: exitCode, signal, ran_s: ranS, outcome } = event;
          step.ended = { exitCode, signal, ranS, ...(outcome && { outcome }) };
        }
        if (step === current) current = undefined;
      } else if (event.type === "output") {
        const cut = event.cut ? `\n[… ${event.cut} bytes cut …]\n` : "";
        const step = stepOf(event.step, at);
        return { step, place: places.get(step)!, stream: event.stream, text: cut + event.text };
      }
      return undefined;
    },
  };
}

function outside(at: number): StepView {
  const facts = { kind: "outside", name: "Output", commit: undefined } as const;
  return { step: 0, ...facts, startedAt: at, ended: undefined };
}

/** The steps of an attempt with all of their output, from the attempt's events. */
export function loggedSteps(events: readonly LoggedEvent[]): LoggedStep[] {
  const { steps, apply } = createSteps(MOST_STEPS);
  const printed = new Map<StepView, TimedStretch[]>();
  for (const { at, event } of events) {
    const output = apply(event, at);
    if (!output) continue;
    const stretches = printed.get(output.step) ?? [];
    const last = stretches.at(-1);
    if (last?.stream === output.stream) {
      last.times.push({ from: last.text.length, at });
      last.text += output.text;
    } else stretches.push({ ...output, times: [{ from: 0, at }] });
    printed.set(output.step, stretches);
  }
  return steps.map((step) => {
    const log = noLines();
    const lines = (printed.get(step) ?? []).flatMap(({ stream, text, times }) => {
      let piece = 0;
      return addLogOutput(log, stream, text).lines.map((line) => {
        while (piece + 1 < times.length && times[piece + 1]!.from <= line.from) piece++;
        return { ...line, afterMs: Math.max(0, times[piece]!.at - step.startedAt) };
      });
    });
    return { ...step, lines };
  });
}

/**
 * The steps with the ends of their output, where a program says why it failed. The step that is asked for, else the
 * failed one, else the last, is shown first; what room is left goes to the others, from the last on.
 */
export function shownSteps(
  events: readonly LoggedEvent[],
  { asked, runEnded }: { asked?: number | undefined; runEnded?: RunState | undefined } = {},
): ShownStep[] {
  return shortened(loggedSteps(events), { asked, runEnded });
}

export function shortened(
  steps: readonly LoggedStep[],
  { asked, runEnded }: { asked?: number | undefined; runEnded?: RunState | undefined },
): ShownStep[] {
  const first = asked ?? failedStep(steps, runEnded);
  const order = [...steps.keys()].toReversed().toSorted((a, b) => rank(a) - rank(b));
  function rank(index: number): number {
    return index === first ? 0 : 1;
  }
  let room = SHOWN;
  const shown = new Map<number, ShownStep>();
  for (const index of order) {
    const step = steps[index]!;
    const { from, size } = endOf(step.lines, room);
    room -= size;
    const left = step.lines.slice(0, from).reduce((sum, { raw }) => sum + raw.length, 0);
    shown.set(index, { ...step, lines: step.lines.slice(from), left });
  }
  return steps.map((_, index) => shown.get(index)!);
}

/** Where the last lines begin that fit into `room`. */
function endOf(lines: readonly LogLine[], room: number): { from: number; size: number } {
  let size = 0;
  let from = lines.length;
  while (from > 0) {
    const next = size + lines[from - 1]!.raw.length + PER_LINE;
    if (next > room) break;
    size = next;
    from--;
  }
  return { from, size };
}

export interface FailingLines {
  /** The step's place among the steps. */
  index: number;
  /** Its last lines; those of its stderr, where the very last ones hold none. */
  quoted: LogLine[];
  /** The line to look at first: the last one that was printed to stderr, else the last one. */
  line: LogLine;
}

/** What the failed step printed last; undefined where none failed, or it printed nothing. */
export function failingLines(
  steps: readonly LoggedStep[],
  runEnded: RunState,
): FailingLines | undefined {
  if (!isBad(runEnded)) return undefined;
  const index = failedStep(steps, runEnded);
  const written = steps[index]?.lines.filter((line) => plainOutput(line.raw).trim() !== "") ?? [];
  const last = written.slice(-QUOTED);
  const errors = written.filter(({ stream }) => stream === "stderr").slice(-QUOTED);
  const quoted =
    last.some(({ stream }) => stream === "stderr") || errors.length === 0 ? last : errors;
  const line = quoted.findLast(({ stream }) => stream === "stderr") ?? quoted.at(-1);
  return line && { index, quoted, line };
}

/** The place of the last step that failed, or -1. A cache that could not be restored or saved fails no run. */
export function failedStep(steps: readonly StepView[], runEnded: RunState | undefined): number {
  return steps.findLastIndex((step) => step.kind !== "cache" && isBad(stepState(step, runEnded)));
}

/** The address of a step's line, within the page. */
export function lineId(index: number, number: number): string {
  return `step-${index}-L${number}`;
}

export function isBad(state: StepState): boolean {
  return ["failed", "timed_out", "killed", "errored"].includes(state);
}

/** A step that was running when the run was stopped shares the run's end. */
export function stepState({ ended }: StepView, runEnded: RunState | undefined): StepState {
  if (ended?.outcome) return ended.outcome;
  if (ended) return ended.exitCode === 0 ? "succeeded" : "failed";
  return runEnded ?? "running";
}
