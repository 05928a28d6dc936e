import { html, raw } from "hono/html";
import type { TakenOver } from "../../../protocol/passes.ts";
import type { RunState } from "../../../protocol/run.ts";
import { duration, STATE_WORDS } from "../../../protocol/words.ts";
import { type StepState, stepState, type StepView } from "../../runs/log-steps.ts";
import { clock } from "../format.ts";
import type { Html } from "../layout.ts";
import { stateIcon } from "./marks.ts";
import type { Phase } from "./phases.ts";

/** A piece of the run's time. */
export interface Bar {
  name: string;
  /** How it is coloured. */
  kind: "waiting" | "waking" | "setup" | "running" | "succeeded" | "ignored" | "failed" | "skipped";
  /** Its mark; a phase that is over has none. */
  state?: StepState | undefined;
  /** Its pass of the matrix went well in an earlier run. */
  isTakenOver?: boolean;
  from: number;
  to: number;
  /** The step that it leads to, by its place. */
  step?: number;
  /** Still under way. */
  open: boolean;
}

const PHASE_NAMES = { waiting: "Waiting", waking: "Waking a machine", running: "Starting" };
const PHASE_STATES = { waiting: "queued", waking: "waking", running: "running" } as const;

interface BarsOptions {
  runEnded: RunState | undefined;
  now: number;
  /** Passes of the matrix that went well in an earlier run. */
  takenOver?: readonly TakenOver[];
}

/** The pieces of a run's time in their order: its phases, and in place of running its steps. */
export function barsOf(
  phases: readonly Phase[],
  steps: readonly StepView[],
  { runEnded, now, takenOver = [] }: BarsOptions,
): Bar[] {
  const last = phases.at(-1);
  const running = phases.findLast(({ name }) => name === "running");
  const ofPhases = phases
    .filter((phase) => phase !== running || steps.length === 0)
    .map((phase): Bar => {
      const { name, from, to } = phase;
      const open = phase === last && runEnded === undefined;
      return {
        name: name === "running" ? "Running" : PHASE_NAMES[name],
        kind: name,
        state: phase === last ? (runEnded ?? PHASE_STATES[name]) : undefined,
        from,
        to,
        open,
      };
    });
  if (!running) return ofPhases;
  const ofSteps = steps.map((step, index) => ({
    ...barOfStep(step, index, { running, runEnded, now }),
    isTakenOver: takenOver.some(({ pass }) => pass === step.pass),
  }));
  const first = ofSteps[0];
  // A machine that got the code begins with the first step a moment later.
  const gap = first ? first.from - running.from : 0;
  const starting: Bar[] =
    gap >= 500
      ? [
          {
            name: PHASE_NAMES.running,
            kind: "setup",
            from: running.from,
            to: first!.from,
            open: false,
          },
        ]
      : [];
  return [...ofPhases, ...starting, ...ofSteps];
}

function barOfStep(
  step: StepView,
  index: number,
  { running, runEnded, now }: { running: Phase; runEnded: RunState | undefined; now: number },
): Bar {
  const state = stepState(step, runEnded);
  const from = Math.max(step.startedAt, running.from);
  const to = step.ended ? from + step.ended.ranS * 1000 : runEnded ? running.to : now;
  const kind =
    state === "succeeded" && ["checkout", "service", "cache"].includes(step.kind)
      ? "setup"
      : state === "running" || state === "succeeded" || state === "ignored" || state === "skipped"
        ? state
        : "failed";
  return {
    name: step.name,
    kind,
    state,
    from,
    to: Math.max(from, to),
    step: index,
    open: state === "running",
  };
}

/** Each piece as a row with its state, its bar and its figures; `stepUrl` leads to a step's place in the log. */
export function waterfall(
  bars: readonly Bar[],
  stepUrl = (step: number) => `#step-${step}`,
): Html | "" {
  const [first] = bars;
  if (!first) return "";
  const span = { start: first.from, end: Math.max(first.from + 1, ...bars.map(({ to }) => to)) };
  // Pages that are live lengthen the bars between two events.
  const isLive = bars.some(({ open }) => open);
  return html`<section class="waterfall" aria-label="Where the time went">
    <table ${isLive ? html`data-ms="${span.end - span.start}"` : ""}>
      <thead>
        <tr>
          <th scope="col">Part</th>
          <th scope="col" class="bar">
            <span>0 s</span><span>${duration((span.end - span.start) / 1000)}</span>
          </th>
          <th scope="col" class="figure began">Began</th>
          <th scope="col" class="figure">Took</th>
        </tr>
      </thead>
      <tbody>
        ${bars.map((bar) => row(bar, span, stepUrl))}
      </tbody>
    </table>
  </section>`;
}

function row(
  { name, kind, state, isTakenOver, from, to, step, open }: Bar,
  { start, end }: { start: number; end: number },
  stepUrl: (step: number) => string,
): Html {
  const at = (moment: number) => Math.round(((moment - start) / (end - start)) * 1000);
  // A piece too short to be visible still gets a minimum width.
  const width = Math.max(4, at(to) - at(from));
  const x = Math.min(at(from), 1000 - width);
  const bar = `<rect class="${kind}" x="${x}" width="${width}" height="10"/>`;
  const exact = new Date(from).toISOString().slice(0, 23).replace("T", " ");
  const skipped = state === "skipped";
  return html`<tr title="Began ${exact} UTC">
    <th scope="row">
      <div title="${name}">
        ${mark(state)}
        ${step === undefined ? html`<span>${name}</span>` : html`<a href="${stepUrl(step)}">${name}</a>`}
      </div>
    </th>
    <td class="bar">
      <svg class="pieces" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
        ${skipped ? "" : raw(bar)}
      </svg>
    </td>
    <td class="figure began">
      ${from === start || skipped ? "" : `+${duration((from - start) / 1000)}`}
    </td>
    <td class="figure">
      ${
        open
          ? html`<span class="clock" data-since="${from}">${clock(from, to)}</span>`
          : skipped
            ? isTakenOver
              ? "taken over"
              : "skipped"
            : duration((to - from) / 1000)
      }
    </td>
  </tr>`;
}

function mark(state: StepState | undefined): Html {
  if (state === undefined) return html`<span class="of"></span>`;
  const word = state === "skipped" || state === "ignored" ? state : STATE_WORDS[state];
  return html`<span class="of" role="img" aria-label="${word}">${stateIcon(state)}</span>`;
}
