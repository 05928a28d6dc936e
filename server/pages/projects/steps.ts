import type { EventBody, StepStarted, StreamName } from "../../../protocol/events.ts";
import type { LoggedEvent } from "../../commands/reading/run.ts";
import { addLogOutput, type LogLine, noLines } from "./log-lines.ts";

/** Most characters of a step's output on a page; the result holds the rest. */
const SHOWN = 64_000;

/** Consecutive output of one stream. */
export interface Stretch {
  stream: StreamName;
  text: string;
}

export interface StepView {
  /** 0: output outside of any step. */
  step: number;
  kind: StepStarted["kind"] | "outside";
  name: string;
  commit: string | undefined;
  startedAt: number;
  ended: { exitCode: number | null; signal: string | null; ranS: number } | undefined;
}

export interface ShownStep extends StepView {
  /** The end of its output, where a program says why it failed. */
  lines: LogLine[];
  /** Characters of its output before those shown. */
  left: number;
}

/** Assigns each piece of output to its step. */
export function createSteps() {
  const steps: StepView[] = [];
  let current: StepView | undefined;
  return {
    steps,

    /** Applies an attempt's next event; returns its output and step. */
    apply(event: EventBody, at: number): (Stretch & { step: StepView }) | undefined {
      if (event.type === "step_started") {
        const { step, kind, name, commit } = event;
        current = { step, kind, name, commit, startedAt: at, ended: undefined };
        steps.push(current);
      } else if (event.type === "step_ended") {
        const step = steps.find((one) => one.step === event.step);
        if (step) {
          step.ended = { exitCode: event.exit_code, signal: event.signal, ranS: event.ran_s };
        }
        current = undefined;
      } else if (event.type === "output") {
        current ??= outside(at);
        if (steps.at(-1) !== current) steps.push(current);
        const cut = event.cut ? `\n[… ${event.cut} bytes cut …]\n` : "";
        return { step: current, stream: event.stream, text: cut + event.text };
      }
      return undefined;
    },
  };
}

function outside(at: number): StepView {
  const facts = { kind: "outside", name: "Output", commit: undefined } as const;
  return { step: 0, ...facts, startedAt: at, ended: undefined };
}

/** The steps of an attempt, each with the end of its output, from the attempt's events. */
export function shownSteps(events: readonly LoggedEvent[]): ShownStep[] {
  const { steps, apply } = createSteps();
  const printed = new Map<StepView, Stretch[]>();
  for (const { at, event } of events) {
    const output = apply(event, at);
    if (!output) continue;
    const stretches = printed.get(output.step) ?? [];
    const last = stretches.at(-1);
    if (last?.stream === output.stream) last.text += output.text;
    else stretches.push(output);
    printed.set(output.step, stretches);
  }
  return steps.map((step) => ({ ...step, ...endOf(printed.get(step) ?? []) }));
}

/** The end of the output, by whole lines. */
function endOf(stretches: readonly Stretch[]): Pick<ShownStep, "lines" | "left"> {
  const log = noLines();
  const all = stretches.flatMap(({ stream, text }) => addLogOutput(log, stream, text).lines);
  let shown = 0;
  let first = all.length;
  while (first > 0 && shown + all[first - 1]!.raw.length <= SHOWN) {
    shown += all[--first]!.raw.length;
  }
  const left = all.slice(0, first).reduce((sum, { raw }) => sum + raw.length, 0);
  return { lines: all.slice(first), left };
}
