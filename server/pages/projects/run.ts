import { html } from "hono/html";
import { pagePaths, paths } from "../../../protocol/paths.ts";
import type { RunHappening } from "../../../protocol/events.ts";
import { isEnded, type Artifact, type Ending, type RunState } from "../../../protocol/run.ts";
import { ago, clock, duration, fileSize } from "../format.ts";
import type { Html } from "../layout.ts";
import type { ShownRun } from "./queries/run.ts";
import { markOf } from "./marks.ts";
import { shownSteps, type ShownStep } from "./steps.ts";
import { plainText, terminalText } from "./terminal.ts";
import { phasesOf, timeline } from "./timeline.ts";
import { advice, refWords, stateLine, triggerWords } from "./words.ts";

/** Above it, as where each day's commit is gone through, steps that went well are folded. */
const MANY_STEPS = 20;

/** A run with its steps and what they printed. All of it is `#run`, which a script keeps up to date. */
export function runPage(slug: string, run: ShownRun, now: number): Html {
  const { row } = run;
  const ending = row.ending === null ? undefined : (JSON.parse(row.ending) as Ending);
  const over = isEnded(row.state);
  const events = `${paths.runEvents(row.id)}?after=${row.last_event}`;
  const steps = shownSteps(run.events);
  const phases = phasesOf(run.happenings, row.created_at, row.state, now);
  return html`<div id="run" data-part ${over ? "" : html`data-events="${events}"`}>
    <h1 class="title">${row.title}</h1>
    ${stateBlock(run, ending, now)} ${timeline(phases)} ${facts(slug, run, now)}
    <section aria-labelledby="steps">
      <h2 id="steps">Steps</h2>
      ${steps.length === 0 ? noSteps(row.state) : ""}
      ${steps.map((step, index) => stepBlock(slug, step, { index, of: steps.length }, over ? row.state : undefined, now))}
    </section>
    ${ending && ending.artifacts.length > 0 ? artifactsTable(ending.artifacts) : ""}
    ${
      over
        ? html`<p class="quiet end">
            Everything about this run as JSON, its whole output too:
            <a href="${paths.runResult(row.id)}">the result</a>.
          </p>`
        : ""
    }
  </div>`;
}

function stateBlock(
  { row, happenings, behind }: ShownRun,
  ending: Ending | undefined,
  now: number,
) {
  const last = happenings.at(-1);
  const happening = last && (JSON.parse(last.body) as RunHappening);
  const line = stateLine({
    state: row.state,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    waking: happening?.type === "waking" ? happening : undefined,
    retrying: happening?.type === "retrying" ? happening.reason.message : undefined,
    behind,
    ending,
  });
  const since = row.state === "running" ? (row.started_at ?? last?.at) : row.created_at;
  const whatToDo = ending && advice(ending, row.trigger ?? "");
  return html`<div class="status ${row.state}" role="status">
    ${markOf(row.state)}
    <div>
      <p>
        <strong>${line.text}</strong
        >${line.note ? html` <span class="note">${line.note}</span>` : ""}
      </p>
      ${whatToDo ? html`<p>${whatToDo}</p>` : ""}
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

function facts(slug: string, { row, happenings, commits, delivery }: ShownRun, now: number): Html {
  const lost = happenings
    .map(({ at, body }) => ({ at, ...(JSON.parse(body) as RunHappening) }))
    .filter((one) => one.type === "retrying");
  const shown = commits.slice(0, 10);
  return html`<dl class="facts">
    <div>
      <dt>Cause</dt>
      <dd>
        ${triggerWords(row.trigger ?? "")}
        ${row.ref ? html` · <a href="${branchUrl(slug, row.ref)}">${refWords(row.ref)}</a>` : ""} ·
        ${ago(row.created_at, now)}
        ${delivery ? html` · <a href="${pagePaths.delivery(slug, delivery)}">delivery</a>` : ""}
      </dd>
    </div>
    ${
      commits.length === 0
        ? ""
        : html`<div>
            <dt>${commits.length === 1 ? "Commit" : "Commits"}</dt>
            <dd>
              ${shown.map(
                ({ sha, subject }) =>
                  html`<a href="${pagePaths.commit(slug, sha)}"><code>${sha.slice(0, 8)}</code></a>
                    ${subject ? html` ${subject}` : ""}<br />`,
              )}
              ${commits.length > shown.length ? `and ${commits.length - shown.length} more` : ""}
            </dd>
          </div>`
    }
    ${
      lost.length > 0
        ? html`<div>
            <dt>Attempts</dt>
            <dd>
              ${lost.map(
                ({ attempt, reason, at }) =>
                  html`${attempt - 1} of ${row.max_attempts}: ${reason.message}
                    <small>${ago(at, now)}</small><br />`,
              )}
              ${row.attempt > lost.length ? `${row.attempt} of ${row.max_attempts}: this one` : ""}
            </dd>
          </div>`
        : ""
    }
  </dl>`;
}

function branchUrl(slug: string, ref: string): string {
  return `${pagePaths.project(slug)}?branch=${encodeURIComponent(ref)}`;
}

function noSteps(state: RunState): Html {
  return html`<p class="quiet">
    ${isEnded(state) ? "Nothing was begun." : "Nothing has begun yet."}
  </p>`;
}

function stepBlock(
  slug: string,
  step: ShownStep,
  { index, of }: { index: number; of: number },
  runEnded: RunState | undefined,
  now: number,
): Html {
  const state = stepState(step, runEnded);
  const quiet = step.kind === "checkout" || step.kind === "service" || step.kind === "cache";
  const open = state === "failed" || state === "running" || (!quiet && of <= MANY_STEPS);
  const empty = step.output.length === 0;
  return html`<details class="step" id="step-${index}" ${open && !empty ? html`open` : ""}>
    <summary>
      ${markOf(state)}
      <span class="what">
        ${step.kind === "command" ? html`<code>${step.name}</code>` : step.name}
        ${
          step.commit && !step.name.includes(step.commit.slice(0, 7))
            ? html` <a href="${pagePaths.commit(slug, step.commit)}"
                ><code>${step.commit.slice(0, 8)}</code></a
              >`
            : ""
        }
      </span>
      <span class="how">${stepWords(step, state, now)}</span>
    </summary>
    ${
      empty
        ? html`<p class="quiet">It printed nothing.</p>`
        : html`${
              step.left > 0
                ? html`<p class="quiet">
                    The first ${fileSize(step.left)} of its output are not shown here.
                  </p>`
                : ""
            }
            <pre class="output" tabindex="0" aria-label="Output of ${plainText(step.name)}">
${step.output.map(
  ({ stream, text }) =>
    html`<span class="${stream}"
      >${terminalText(text.replace(/\n$/, "")).map(({ text, look }) =>
        look ? html`<span class="${look}">${text}</span>` : text,
      )}</span
    >`,
)}</pre>`
    }
  </details>`;
}

/** What was under way when the run was stopped shares its end. */
function stepState({ kind, ended }: ShownStep, runEnded: RunState | undefined): RunState {
  if (ended) return ended.exitCode === 0 ? "succeeded" : "failed";
  if (kind === "outside") return runEnded ?? "running";
  if (runEnded === undefined) return "running";
  return runEnded === "succeeded" ? "succeeded" : runEnded;
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
  if (ended.signal) return `${ended.signal} · ${took}`;
  return ended.exitCode === null ? `stopped · ${took}` : `exit status ${ended.exitCode} · ${took}`;
}

function artifactsTable(artifacts: readonly Artifact[]): Html {
  return html`<section aria-labelledby="artifacts">
    <h2 id="artifacts">Artifacts</h2>
    <table class="rows">
      <thead>
        <tr>
          <th scope="col">File</th>
          <th scope="col">Type</th>
          <th scope="col">Size</th>
        </tr>
      </thead>
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
