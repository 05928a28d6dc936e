import type { RunHappening, StepStarted, StreamName } from "../../../protocol/events.ts";

/** Characters of a step's output that a page shows; what came before is in the result. */
const SHOWN = 64_000;

/** Output of one stream without a change in between. */
export interface Stretch {
  stream: StreamName;
  text: string;
}

export interface ShownStep {
  /** 0: what was printed outside of any step. */
  step: number;
  kind: StepStarted["kind"] | "outside";
  name: string;
  commit: string | undefined;
  startedAt: number;
  ended: { exitCode: number | null; signal: string | null; ranS: number } | undefined;
  output: Stretch[];
  /** Characters of its output that are not shown, from its beginning. */
  left: number;
}

/** The steps of an attempt and what each printed, from the attempt's events. */
export function shownSteps(events: readonly { at: number; body: string }[]): ShownStep[] {
  const steps: ShownStep[] = [];
  let current: ShownStep | undefined;
  for (const { at, body } of events) {
    const event = JSON.parse(body) as RunHappening;
    if (event.type === "step_started") {
      current = {
        step: event.step,
        kind: event.kind,
        name: event.name,
        commit: event.commit,
        startedAt: at,
        ended: undefined,
        output: [],
        left: 0,
      };
      steps.push(current);
    } else if (event.type === "step_ended") {
      const step = steps.find((one) => one.step === event.step);
      if (step) {
        step.ended = { exitCode: event.exit_code, signal: event.signal, ranS: event.ran_s };
      }
      current = undefined;
    } else if (event.type === "output") {
      current ??= outside(steps, at);
      if (event.cut) print(current, event.stream, `\n[… ${event.cut} bytes cut …]\n`);
      print(current, event.stream, event.text);
    }
  }
  for (const step of steps) shorten(step);
  return steps;
}

function outside(steps: ShownStep[], at: number): ShownStep {
  const step: ShownStep = {
    step: 0,
    kind: "outside",
    name: "Output",
    commit: undefined,
    startedAt: at,
    ended: undefined,
    output: [],
    left: 0,
  };
  steps.push(step);
  return step;
}

function print({ output }: ShownStep, stream: StreamName, text: string): void {
  const last = output.at(-1);
  if (last?.stream === stream) last.text += text;
  else output.push({ stream, text });
}

/** Keeps the end: that is where a program says why it failed. */
function shorten(step: ShownStep): void {
  const length = step.output.reduce((sum, { text }) => sum + text.length, 0);
  step.left = Math.max(0, length - SHOWN);
  let over = step.left;
  while (over > 0) {
    const first = step.output[0]!;
    const gone = Math.min(over, first.text.length);
    first.text = first.text.slice(gone);
    if (first.text === "") step.output.shift();
    over -= gone;
  }
}
