import { html, raw } from "hono/html";
import { escapeHtml } from "../../../protocol/escape-html.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import type { RunState } from "../../../protocol/run.ts";
import { plainOutput } from "../../../protocol/terminal-pieces.ts";
import { duration, exitWords, fileSize } from "../../../protocol/words.ts";
import { type LogLine, piecesOf } from "../../runs/log-lines.ts";
import {
  type FailingLines,
  isBad,
  lineId,
  type ShownStep,
  type StepState,
  stepState,
  type TimedLine,
} from "../../runs/log-steps.ts";
import { clock, minutes } from "../format.ts";
import type { Html } from "../layout.ts";
import { stateIcon } from "./marks.ts";

/** With more steps, as in a run over each day's commit, successful ones are collapsed. */
const MANY_STEPS = 20;

export interface StepBlockOptions {
  slug: string;
  index: number;
  /** The number of steps. */
  of: number;
  /** The run's end state, if it has ended. */
  runEnded: RunState | undefined;
  /** False: the reader has its lines already, and gets new ones from the stream. */
  log: boolean;
  /** The run whose pass of the matrix this step takes over. */
  takenFrom?: string | undefined;
  /** Whether the page is about this step. */
  isAsked: boolean;
  /** The address of the page that shows more of the step's output. */
  wholeUrl: string;
  now: number;
}

/** A step with its state and output. In a failed run only the failed steps are open. */
export function stepBlock(step: ShownStep, options: StepBlockOptions): Html {
  const { slug, index, of, runEnded, takenFrom, now } = options;
  const state = stepState(step, runEnded);
  const quiet = step.kind === "checkout" || step.kind === "service" || step.kind === "cache";
  const wentWell = runEnded === undefined || runEnded === "succeeded";
  const open =
    options.isAsked ||
    isBad(state) ||
    state === "running" ||
    (!quiet && state !== "skipped" && of <= MANY_STEPS && wentWell);
  const empty = step.lines.length === 0 && step.left === 0;
  return html`<details
    class="step"
    id="step-${index}"
    ${open && (!empty || state === "running") ? html`open` : ""}
  >
    <summary>
      ${stateIcon(state)}
      <span class="what">
        ${step.kind === "command" ? html`<code>${step.name}</code>` : step.name}
        ${isAtCommit(step) ? html` <code>${step.commit!.slice(0, 8)}</code>` : ""}
      </span>
      <span class="how"
        >${stepWords(step, state, { now, isTakenOver: takenFrom !== undefined })}</span
      >
    </summary>
    ${
      isAtCommit(step)
        ? html`<p class="quiet">
            At commit
            <a href="${pagePaths.commit(slug, step.commit!)}">${step.commit!.slice(0, 8)}</a>
          </p>`
        : ""
    }
    ${
      takenFrom === undefined
        ? ""
        : html`<p class="quiet">
            It went well in <a href="${pagePaths.run(slug, takenFrom)}">the earlier run</a>, with
            its output and artifacts.
          </p>`
    }
    ${empty && state !== "running" ? html`<p class="quiet">It printed nothing.</p>` : log(step, state, options)}
  </details>`;
}

function isAtCommit({ commit, name }: ShownStep): boolean {
  return commit !== undefined && !name.includes(commit.slice(0, 7));
}

function log(
  step: ShownStep,
  state: StepState,
  { index, log, isAsked, wholeUrl }: StepBlockOptions,
): Html {
  const kept = log ? "" : html`data-kept`;
  const left = log && step.left > 0;
  const none = step.lines.length === 0;
  const what = none ? "output is" : `first ${fileSize(step.left)} are`;
  return html`<p class="quiet left" ${left ? "" : html`hidden`} ${kept}>
      ${
        left
          ? html`Its ${what} not shown
            here${isAsked ? "; the raw log has them." : html`. <a href="${wholeUrl}">Show ${none ? "it" : "more"}</a>`}`
          : ""
      }
    </p>
    <div
      class="log ${isBad(state) ? "tail" : ""}"
      tabindex="0"
      role="group"
      aria-label="Output of step ${index + 1}, ${plainOutput(step.name)}"
    >
      <pre class="output" ${kept}>
${log ? raw(step.lines.map((line) => lineHtml(index, line)).join("")) : ""}</pre>
    </div>`;
}

/** A line with its number and address. Written as text: a template for each of a thousand lines takes 20 ms. */
function lineHtml(index: number, line: TimedLine): string {
  const id = lineId(index, line.number);
  // Number and time are drawn by CSS, so that they are not copied.
  return `<span class="${classOf(line)}" id="${id}"><a href="#${id}" data-n="${line.number}" data-t="${minutes(line.afterMs)}" tabindex="-1" aria-hidden="true"></a>${textHtml(line)}</span>`;
}

function classOf({ stream }: LogLine): string {
  return stream === "stderr" ? "l stderr" : "l";
}

function textHtml(line: LogLine): string {
  return piecesOf(line)
    .map(({ text, look }) =>
      look ? `<span class="${look}">${escapeHtml(text)}</span>` : escapeHtml(text),
    )
    .join("");
}

/** Lines of a step beside which their numbers lead to them. */
export function quotedLines(
  { index, lines, label }: { index: number; lines: readonly LogLine[]; label: string },
  urlOf: (number: number) => string,
): Html {
  const each = lines
    .map(
      (line) =>
        `<span class="${classOf(line)}"><a href="${escapeHtml(urlOf(line.number))}" data-n="${line.number}" aria-label="Line ${line.number} of step ${index + 1}"></a>${textHtml(line)}</span>`,
    )
    .join("");
  return html`<div class="log tail quote" tabindex="0" aria-label="${label}" role="group">
    <pre class="output">${raw(each)}</pre>
  </div>`;
}

/** The last output of the failed step. */
export function failingQuote(failing: FailingLines | undefined): Html | "" {
  if (!failing) return "";
  const { index, quoted: lines } = failing;
  return quotedLines(
    { index, lines, label: "Its last lines" },
    (number) => `#${lineId(index, number)}`,
  );
}

function stepWords(
  step: ShownStep,
  state: StepState,
  { now, isTakenOver }: { now: number; isTakenOver: boolean },
): Html | string {
  if (step.kind === "outside") return "";
  const { ended } = step;
  if (!ended && state === "running") {
    return html`running
      <span class="clock" data-since="${step.startedAt}">${clock(step.startedAt, now)}</span>`;
  }
  if (!ended) return "did not end";
  if (state === "skipped") return isTakenOver ? "taken over" : "skipped";
  const took = duration(ended.ranS);
  if (ended.exitCode === 0) return took;
  const exit = exitWords({ exit_code: ended.exitCode, signal: ended.signal });
  return `${exit}${state === "ignored" ? ", ignored" : ""} · ${took}`;
}
