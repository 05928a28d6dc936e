import { html } from "hono/html";
import { pagePaths } from "../../../protocol/paths.ts";
import type { RunState } from "../../../protocol/run.ts";
import { clock } from "../format.ts";
import type { Html } from "../layout.ts";
import { type LogLine, piecesOf } from "./log-lines.ts";
import type { ShownStep } from "./steps.ts";
import { plainOutput } from "../../../protocol/terminal-pieces.ts";
import { duration, exitWords, fileSize } from "../../../protocol/words.ts";
import { stateIcon } from "./marks.ts";

/** With more steps, as in a run over each day's commit, successful ones are collapsed. */
const MANY_STEPS = 20;
/** Most lines quoted of a failed step. */
const QUOTED = 10;

export interface StepBlockOptions {
  slug: string;
  index: number;
  /** The number of steps. */
  of: number;
  /** The run's end state, if it has ended. */
  runEnded: RunState | undefined;
  /** False: the reader has its lines already, and gets new ones from the stream. */
  log: boolean;
  now: number;
}

/** The address of a step's line, within the page. */
const idOf = (index: number, number: number) => `step-${index}-L${number}`;

/** A step with its state and output. In a failed run only the failed steps are open. */
export function stepBlock(step: ShownStep, options: StepBlockOptions): Html {
  const { slug, index, of, runEnded, now } = options;
  const state = stepState(step, runEnded);
  const quiet = step.kind === "checkout" || step.kind === "service" || step.kind === "cache";
  const wentWell = runEnded === undefined || runEnded === "succeeded";
  const open = isBad(state) || state === "running" || (!quiet && of <= MANY_STEPS && wentWell);
  const empty = step.lines.length === 0;
  return html`<details class="step" id="step-${index}" ${open && !empty ? html`open` : ""}>
    <summary>
      ${stateIcon(state)}
      <span class="what">
        ${step.kind === "command" ? html`<code>${step.name}</code>` : step.name}
        ${isAtCommit(step) ? html` <code>${step.commit!.slice(0, 8)}</code>` : ""}
      </span>
      <span class="how">${stepWords(step, state, now)}</span>
    </summary>
    ${
      isAtCommit(step)
        ? html`<p class="quiet">
            At commit
            <a href="${pagePaths.commit(slug, step.commit!)}">${step.commit!.slice(0, 8)}</a>
          </p>`
        : ""
    }
    ${empty ? html`<p class="quiet">It printed nothing.</p>` : log(step, state, options)}
  </details>`;
}

function isAtCommit({ commit, name }: ShownStep): boolean {
  return commit !== undefined && !name.includes(commit.slice(0, 7));
}

function log(step: ShownStep, state: RunState, { index, log }: StepBlockOptions): Html {
  const kept = log ? "" : html`data-kept`;
  const left = log && step.left > 0;
  return html`<p class="quiet left" ${left ? "" : html`hidden`} ${kept}>
      ${left ? `The first ${fileSize(step.left)} of its output are not shown here.` : ""}
    </p>
    <div
      class="log ${isBad(state) ? "tail" : ""}"
      tabindex="0"
      role="group"
      aria-label="Output of step ${index + 1}, ${plainOutput(step.name)}"
    >
      <pre class="output" ${kept}>${log ? step.lines.map((line) => lineOf(index, line)) : ""}</pre>
    </div>`;
}

function lineOf(index: number, line: LogLine): Html {
  const id = idOf(index, line.number);
  // The line number is drawn by CSS, so that it is not copied.
  return html`<span class="${line.stream === "stderr" ? "l stderr" : "l"}" id="${id}"
    ><a href="#${id}" data-n="${line.number}" tabindex="-1" aria-hidden="true"></a
    >${textOf(line)}</span
  >`;
}

function textOf(line: LogLine): Html[] | string {
  return piecesOf(line).map(({ text, look }) =>
    look ? html`<span class="${look}">${text}</span>` : html`${text}`,
  );
}

/** The last lines of the failed step; its stderr, where the very last lines hold none of it. */
export function failingLines(steps: readonly ShownStep[], runEnded: RunState): Html | "" {
  const index = steps.findLastIndex((step) => isBad(stepState(step, runEnded)));
  const step = steps[index];
  if (!step || step.lines.length === 0) return "";
  const written = step.lines.filter((line) => plainOutput(line.raw).trim() !== "");
  const last = written.slice(-QUOTED);
  const errors = written.filter(({ stream }) => stream === "stderr").slice(-QUOTED);
  const quoted =
    last.some(({ stream }) => stream === "stderr") || errors.length === 0 ? last : errors;
  return html`<pre class="output quote" tabindex="0" aria-label="Its last lines" role="group">
${quoted.map(
  (line) =>
    html`<span class="${line.stream === "stderr" ? "l stderr" : "l"}"
      ><a
        href="#${idOf(index, line.number)}"
        data-n="${line.number}"
        aria-label="Line ${line.number}"
      ></a
      >${textOf(line)}</span
    >`,
)}</pre>`;
}

function isBad(state: RunState): boolean {
  return ["failed", "timed_out", "killed", "errored"].includes(state);
}

/** A step that was running when the run was stopped shares the run's end. */
function stepState({ ended }: ShownStep, runEnded: RunState | undefined): RunState {
  if (ended) return ended.exitCode === 0 ? "succeeded" : "failed";
  return runEnded ?? "running";
}

function stepWords(step: ShownStep, state: RunState, now: number): Html | string {
  if (step.kind === "outside") return "";
  const { ended } = step;
  if (!ended && state === "running") {
    return html`running
      <span class="clock" data-since="${step.startedAt}">${clock(step.startedAt, now)}</span>`;
  }
  if (!ended) return "did not end";
  const took = duration(ended.ranS);
  if (ended.exitCode === 0) return took;
  return `${exitWords({ exit_code: ended.exitCode, signal: ended.signal })} · ${took}`;
}
