import { html, raw } from "hono/html";
import type { RunState } from "../../../protocol/run.ts";
import { duration } from "../../../protocol/words.ts";
import { stepState, type StepView } from "../../runs/log-steps.ts";
import { clock } from "../format.ts";
import type { Html } from "../layout.ts";
import type { Phase } from "./phases.ts";

/** Most steps that are drawn: of more, those that took longest. */
const STEPS = 30;

/** A piece of the run's time. */
export interface Bar {
  name: string;
  /** How it is coloured. */
  kind: "waiting" | "waking" | "setup" | "running" | "succeeded" | "ignored" | "failed";
  from: number;
  to: number;
  /** The step that it leads to, by its place. */
  step?: number;
  /** Still under way. */
  open: boolean;
}

const PHASE_NAMES = { waiting: "Waiting", waking: "Waking a machine", running: "Starting" };

/** The pieces of a run's time in their order: its phases, and in place of running its steps. */
export function barsOf(
  phases: readonly Phase[],
  steps: readonly StepView[],
  { runEnded, now }: { runEnded: RunState | undefined; now: number },
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
        from,
        to,
        open,
      };
    });
  if (!running) return ofPhases;
  const ofSteps = steps.flatMap((step, index) =>
    step.ended?.outcome === "skipped" ? [] : [barOfStep(step, index, { running, runEnded, now })],
  );
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
      : state === "running" || state === "succeeded" || state === "ignored"
        ? state
        : "failed";
  return {
    name: step.name,
    kind,
    from,
    to: Math.max(from, to),
    step: index,
    open: state === "running",
  };
}

/** Each piece as a row with its bar and its figures. */
export function waterfall(bars: readonly Bar[]): Html | "" {
  const [first] = bars;
  const end = Math.max(...bars.map(({ to }) => to));
  if (!first || end <= first.from) return "";
  const shown = longestOf(bars);
  const left = bars.length - shown.length;
  return html`<section class="waterfall" aria-label="Where the time went">
    <table>
      <thead>
        <tr>
          <th scope="col">Part</th>
          <th scope="col" class="bar">
            <span>0 s</span><span>${duration((end - first.from) / 1000)}</span>
          </th>
          <th scope="col" class="figure began">Began</th>
          <th scope="col" class="figure">Took</th>
        </tr>
      </thead>
      <tbody>
        ${shown.map((bar) => row(bar, first.from, end))}
      </tbody>
    </table>
    ${left > 0 ? html`<p class="quiet">And ${left} shorter steps.</p>` : ""}
  </section>`;
}

function longestOf(bars: readonly Bar[]): readonly Bar[] {
  const steps = bars.filter(({ step }) => step !== undefined);
  if (steps.length <= STEPS) return bars;
  const length = ({ from, to }: Bar) => to - from;
  const longest = new Set(steps.toSorted((a, b) => length(b) - length(a)).slice(0, STEPS));
  return bars.filter((bar) => bar.step === undefined || bar.kind === "failed" || longest.has(bar));
}

function row({ name, kind, from, to, step, open }: Bar, start: number, end: number): Html {
  const at = (moment: number) => Math.round(((moment - start) / (end - start)) * 1000);
  // A piece too short to be visible still gets a minimum width.
  const width = Math.max(4, at(to) - at(from));
  const x = Math.min(at(from), 1000 - width);
  const exact = new Date(from).toISOString().slice(0, 23).replace("T", " ");
  return html`<tr>
    <th scope="row">${step === undefined ? name : html`<a href="#step-${step}">${name}</a>`}</th>
    <td class="bar">
      <svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
        ${raw(`<rect class="${kind}" x="${x}" width="${width}" height="10"/>`)}
      </svg>
    </td>
    <td class="figure began">
      <span title="${exact} UTC"
        >${from === start ? "" : `+${duration((from - start) / 1000)}`}</span
      >
    </td>
    <td class="figure">
      ${
        open
          ? html`<span class="clock" data-since="${from}">${clock(from, to)}</span>`
          : duration((to - from) / 1000)
      }
    </td>
  </tr>`;
}
