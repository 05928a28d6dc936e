import { html } from "hono/html";
import { pagePaths, paths } from "../../../protocol/paths.ts";
import { actorWords } from "../../../protocol/actors.ts";
import { isEnded, type Artifact, type RunState } from "../../../protocol/run.ts";
import { agoTime, clock } from "../format.ts";
import type { Html } from "../layout.ts";
import { fromJson } from "../../database/json.ts";
import type { ShownRun } from "../../commands/reading/run.ts";
import { failingLines, stepBlock } from "./step-block.ts";
import { shownSteps, type ShownStep } from "./steps.ts";
import { phasesOf, timeline } from "./timeline.ts";
import { advice, stateLine } from "../../runs/state-line.ts";
import { fileSize, refWords, triggerWords } from "../../../protocol/words.ts";
import { stateIcon } from "./marks.ts";

/**
 * A run with its steps and their output. A script reloads all of it (`#run`) without the log, whose lines
 * come by a stream.
 */
export function runPage(
  slug: string,
  run: ShownRun,
  { now, log }: { now: number; log: boolean },
): Html {
  const { row, ending } = run;
  const over = isEnded(row.state);
  const live = `${pagePaths.liveRun(slug, row.id)}?after=${row.last_event}`;
  const steps = shownSteps(run.events);
  const phases = phasesOf(run.changes, row.created_at, row.state, now);
  return html`<div id="run" data-part ${over ? "" : html`data-events="${live}"`}>
    <h1 class="title">${row.title}</h1>
    ${stateBlock(run, steps, now)} ${timeline(phases)} ${facts(slug, run, now)}
    <section aria-labelledby="steps">
      <h2 id="steps">Steps</h2>
      ${steps.length === 0 ? noSteps(row.state) : ""}
      ${steps.map((step, index) =>
        stepBlock(step, {
          slug,
          index,
          of: steps.length,
          log,
          now,
          runEnded: over ? row.state : undefined,
        }),
      )}
    </section>
    ${ending && ending.artifacts.length > 0 ? artifactsTable(ending.artifacts) : ""}
    ${
      over
        ? html`<p class="quiet end">
            Read the whole run as JSON, with all of its output:
            <a href="${paths.runResult(row.id)}?format=json">the result</a>.
          </p>`
        : html`<noscript
            ><p class="quiet">
              Reload this page to see more: it updates itself only with scripts.
            </p></noscript
          >`
    }
  </div>`;
}

function stateBlock(
  { row, ending, changes, behind }: ShownRun,
  steps: readonly ShownStep[],
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
      ${whatToDo ? html`<p>${whatToDo}</p>` : ""} ${ending ? failingLines(steps, ending.state) : ""}
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

function facts(slug: string, { row, changes, commits, delivery }: ShownRun, now: number): Html {
  const lost = changes.flatMap(({ at, event }) =>
    event.type === "retrying" ? [{ at, attempt: event.attempt, reason: event.reason }] : [],
  );
  const shown = commits.slice(0, 10);
  return html`<dl class="facts">
    <div>
      <dt>Started by</dt>
      <dd>
        ${triggerWords(row.trigger ?? "")}${byWords(row.started_by)}
        ${row.ref ? html` · <a href="${branchUrl(slug, row.ref)}">${refWords(row.ref)}</a>` : ""} ·
        ${agoTime(row.created_at, now)}
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
      row.canceled_by === null
        ? ""
        : html`<div>
            <dt>Canceled by</dt>
            <dd>${actorWords(fromJson(row.canceled_by))}</dd>
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
                    <small>${agoTime(at, now)}</small><br />`,
              )}
              ${row.attempt > lost.length ? `${row.attempt} of ${row.max_attempts}: this one` : ""}
            </dd>
          </div>`
        : ""
    }
  </dl>`;
}

/** ` by ada`; empty for events, which the trigger names. */
function byWords(stored: ShownRun["row"]["started_by"]): string {
  const actor = fromJson(stored);
  const isNamed = actor !== undefined && !["webhook", "schedule"].includes(actor.kind);
  return isNamed ? ` by ${actorWords(actor)}` : "";
}

function branchUrl(slug: string, ref: string): string {
  return `${pagePaths.project(slug)}?branch=${encodeURIComponent(ref)}`;
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
