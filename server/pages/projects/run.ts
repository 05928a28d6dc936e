import { html } from "hono/html";
import { pagePaths } from "../../../protocol/paths.ts";
import { isEnded, type Artifact, type RunState } from "../../../protocol/run.ts";
import { fileSize } from "../../../protocol/words.ts";
import type { ShownRun } from "../../commands/reading/run.ts";
import { failingLines, type LoggedStep, loggedSteps, shortened } from "../../runs/log-steps.ts";
import { storedCommand } from "../../runs/record.ts";
import { advice, stateLine } from "../../runs/state-line.ts";
import { clock } from "../format.ts";
import type { Html } from "../layout.ts";
import { attemptsList } from "./attempts.ts";
import { foundLines, keysDialog, logTools } from "./log-search.ts";
import { stateIcon } from "./marks.ts";
import { runFacts } from "./run-facts.ts";
import { failingQuote, stepBlock } from "./step-block.ts";
import { phasesOf, phasesOfLost } from "./phases.ts";
import { barsOf, waterfall } from "./waterfall.ts";
import { tableHead } from "../table-head.ts";

export interface RunPageOptions {
  now: number;
  /** False: the reader has the log already. */
  log: boolean;
  /** The step that the page is about, by its place. */
  step: number | undefined;
  /** Text that lines have to contain. */
  search: string;
  /** The reader's actions on it. */
  actions?: Html | "" | undefined;
}

/**
 * A run with its steps and their output. A script reloads all of it (`#run`) without the log, whose lines
 * come by a stream.
 */
export function runPage(slug: string, run: ShownRun, options: RunPageOptions): Html {
  const { row, ending } = run;
  const { now, search } = options;
  const over = isEnded(row.state);
  const isLast = run.attempt === row.attempt;
  const live = `${pagePaths.liveRun(slug, row.id)}?after=${row.last_event}`;
  const steps = loggedSteps(run.events);
  const attempt = isLast ? undefined : run.attempt;
  const tools = { slug, run: row.id, attempt, search, isEmpty: steps.length === 0 };
  return html`<div id="run" data-part ${over || !isLast ? "" : html`data-events="${live}"`}>
      <div class="title-row">
        <h1 class="title">${row.title}</h1>
        ${options.actions ?? ""}
      </div>
      ${stateBlock(run, isLast ? steps : [], now)} ${attemptsList(slug, run, now)}
      ${runFacts(slug, run, steps, now)} ${neighbourLinks(slug, run)}
      <section aria-labelledby="steps">
        <h2 id="steps">${isLast ? "Steps" : `Steps of attempt ${run.attempt}`}</h2>
        ${steps.length === 0 && over ? "" : logTools(tools)}
        <div class="run-steps">
          ${stepList(slug, run, steps, options)}
          <div>
            ${steps.length === 0 ? noSteps(row.state) : ""}
            ${search === "" ? stepBlocks(slug, run, steps, options) : foundLines(tools, steps)}
          </div>
        </div>
      </section>
      ${ending && isLast && ending.artifacts.length > 0 ? artifactsTable(ending.artifacts) : ""}
      ${
        over
          ? ""
          : html`<noscript
              ><p class="quiet">
                Reload this page to see more: it updates itself only with scripts.
              </p></noscript
            >`
      }
    </div>
    ${keysDialog}`;
}

/** The steps with their states and times, which stay in view beside the log. */
function stepList(
  slug: string,
  run: ShownRun,
  steps: readonly LoggedStep[],
  { now, search }: RunPageOptions,
): Html | "" {
  const { row, attempt, changes, events } = run;
  const phases =
    attempt === row.attempt
      ? phasesOf(changes, row.created_at, row.state, now)
      : phasesOfLost(events);
  const { taken_over: takenOver } = storedCommand(row);
  const bars = barsOf(phases, steps, {
    ...{ runEnded: attemptEnded(run), now },
    ...(takenOver && { takenOver }),
  });
  // The lines found stand in place of the log.
  return search === "" ? waterfall(bars) : waterfall(bars, (step) => stepUrl(slug, run, step));
}

/** How the shown attempt ended: a lost one has no end of its own, and its last step did not end. */
function attemptEnded({ row, attempt }: ShownRun): RunState | undefined {
  return attempt < row.attempt ? "errored" : isEnded(row.state) ? row.state : undefined;
}

/** The address of the page that shows more of a step. */
function stepUrl(slug: string, { row, attempt }: ShownRun, step: number): string {
  const at = attempt === row.attempt ? "" : `&attempt=${attempt}`;
  return `${pagePaths.run(slug, row.id)}?step=${step}${at}#step-${step}`;
}

function stepBlocks(
  slug: string,
  run: ShownRun,
  steps: readonly LoggedStep[],
  { now, log, step: asked }: RunPageOptions,
): Html[] {
  const runEnded = attemptEnded(run);
  const { taken_over: takenOver = [] } = storedCommand(run.row);
  return shortened(steps, { asked, runEnded }).map((step, index) =>
    stepBlock(step, {
      slug,
      index,
      of: steps.length,
      log,
      now,
      runEnded,
      takenFrom: takenOver.find(({ pass }) => pass === step.pass)?.run,
      isAsked: index === asked,
      wholeUrl: stepUrl(slug, run, index),
    }),
  );
}

function stateBlock(
  { row, ending, changes, behind }: ShownRun,
  steps: readonly LoggedStep[],
  now: number,
) {
  const last = changes.at(-1);
  const event = last?.event;
  const line = stateLine({
    state: row.state,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    waking: event?.type === "waking" ? event : undefined,
    retrying: event?.type === "retrying" ? event.reason.message : undefined,
    behind,
    ending,
  });
  const since = row.state === "running" ? (row.started_at ?? last?.at) : row.created_at;
  const whatToDo = ending && advice(ending, row.trigger ?? "");
  return html`<div class="status ${row.state}" role="status">
    ${stateIcon(row.state)}
    <div>
      <p>
        <strong>${line.text}</strong
        >${line.note ? html` <span class="note">${line.note}</span>` : ""}
      </p>
      ${whatToDo ? html`<p>${whatToDo}</p>` : ""}
      ${ending ? failingQuote(failingLines(steps, ending.state)) : ""}
    </div>
    ${
      isEnded(row.state) || since === undefined
        ? ""
        : html`<span class="clock" data-since="${since}" aria-hidden="true"
            >${clock(since, now)}</span
          >`
    }
  </div>`;
}

function neighbourLinks(slug: string, { row, neighbours }: ShownRun): Html | "" {
  const { before, after } = neighbours;
  if (before === undefined && after === undefined) return "";
  const of = row.ref === null ? "" : " of the branch";
  return html`<nav class="pages" aria-label="Runs beside it">
    ${
      before === undefined
        ? html`<span class="quiet">The first run${of}</span>`
        : html`<a href="${pagePaths.run(slug, before)}" rel="prev">Previous run${of}</a>`
    }
    ${
      after === undefined
        ? html`<span class="quiet">The newest run${of}</span>`
        : html`<a href="${pagePaths.run(slug, after)}" rel="next">Next run${of}</a>`
    }
  </nav>`;
}

function noSteps(state: RunState): Html {
  return html`<p class="quiet">
    ${isEnded(state) ? "No step was started." : "No step has started yet."}
  </p>`;
}

function artifactsTable(artifacts: readonly Artifact[]): Html {
  return html`<section aria-labelledby="artifacts">
    <h2 id="artifacts">Artifacts</h2>
    <table class="rows">
      ${tableHead("File", "Type", "Size")}
      <tbody>
        ${artifacts.map(
          ({ name, type, size, url }) =>
            html`<tr>
              <th scope="row" class="text"><a href="${new URL(url).pathname}">${name}</a></th>
              <td>${type}</td>
              <td class="figure">${fileSize(size)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}
