import { html } from "hono/html";
import { actorWords } from "../../../protocol/actors.ts";
import { pagePaths, paths } from "../../../protocol/paths.ts";
import { narrowFilter } from "../../../protocol/run-filter.ts";
import { plainOutput } from "../../../protocol/terminal-pieces.ts";
import { refWords, triggerWords } from "../../../protocol/words.ts";
import type { ShownRun } from "../../commands/reading/run.ts";
import { fromJson } from "../../database/json.ts";
import type { LoggedStep } from "../../runs/log-steps.ts";
import { storedCommand } from "../../runs/record.ts";
import { DEFERRED } from "../command-line.ts";
import { agoTime } from "../format.ts";
import type { Html } from "../layout.ts";
import { byWords, runsUrl } from "./runs-table.ts";

const COMMITS = 10;

/** Where a run comes from, what it was given and what is left of it. */
export function runFacts(
  slug: string,
  run: ShownRun,
  steps: readonly LoggedStep[],
  now: number,
): Html {
  const { row, ending } = run;
  const { task } = storedCommand(row);
  return html`<dl class="facts">
    ${fact("Started by", startedBy(slug, run, now))} ${commitFacts(slug, run)}
    ${
      row.author
        ? fact(
            "Author",
            html`<a href="${runsUrl(slug, narrowFilter("", "author", row.author))}"
              >${row.author}</a
            >`,
          )
        : ""
    }
    ${
      task.do === "exec"
        ? fact("Command", html`<code>${[task.command].flat().join(" ").slice(0, 1000)}</code>`)
        : ""
    }
    ${task.do === "request" ? fact("Request", html`<code>${task.method} ${task.path}</code>`) : ""}
    ${row.canceled_by === null ? "" : fact("Canceled by", actorWords(fromJson(row.canceled_by)))}
    ${listed("Secrets", fromJson(row.secrets) ?? [])} ${cacheFacts(steps)}
    ${run.machine ? fact("Machine", html`<code>${run.machine.id}</code> (${run.machine.compute})`) : ""}
    ${fact("Run", html`<code>${row.id}</code>`)}
    ${
      ending
        ? fact(
            "Receipt",
            html`In <a href="${paths.runResult(row.id)}?format=json">the result</a>, which has all
              of its output; <code>${DEFERRED} verify ${row.id}</code> checks it`,
          )
        : ""
    }
  </dl>`;
}

function fact(name: string, content: Html | string): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd>${content}</dd>
  </div>`;
}

function listed(name: string, values: readonly string[]): Html | "" {
  if (values.length === 0) return "";
  return fact(
    name,
    html`${values.map((value, index) => html`${index > 0 ? ", " : ""}<code>${value}</code>`)}`,
  );
}

function startedBy(slug: string, { row, delivery }: ShownRun, now: number): Html {
  return html`${triggerWords(row.trigger ?? "")}${byWords(fromJson(row.started_by))}
  ${row.ref ? html` · <a href="${branchUrl(slug, row.ref)}">${refWords(row.ref)}</a>` : ""} ·
  ${agoTime(row.created_at, now)}
  ${delivery ? html` · <a href="${pagePaths.delivery(slug, delivery)}">delivery</a>` : ""}`;
}

function branchUrl(slug: string, ref: string): string {
  return `${pagePaths.project(slug)}?branch=${encodeURIComponent(ref)}`;
}

function commitFacts(slug: string, { commits }: ShownRun): Html | "" {
  if (commits.length === 0) return "";
  const shown = commits.slice(0, COMMITS);
  return fact(
    commits.length === 1 ? "Commit" : "Commits",
    html`${shown.map(
      ({ sha, subject }) =>
        html`<a href="${pagePaths.commit(slug, sha)}"><code>${sha.slice(0, 8)}</code></a>
          ${subject ? html` ${subject}` : ""}<br />`,
    )}
    ${commits.length > shown.length ? `and ${commits.length - shown.length} more` : ""}`,
  );
}

/** What was restored: a step says so, and prints why where there was nothing. */
function cacheFacts(steps: readonly LoggedStep[]): Html | "" {
  const restored = steps.filter(
    ({ kind, name }) => kind === "cache" && name.startsWith("Restore "),
  );
  if (restored.length === 0) return "";
  return fact(
    "Caches",
    html`${restored.map(({ name, ended, lines }, index) => {
      const missing = lines.some(({ raw }) => plainOutput(raw).trim() === "There is none yet.");
      const how = missing ? "none yet" : ended?.exitCode === 0 ? "restored" : "not restored";
      return html`${index > 0 ? ", " : ""}<code>${name.slice("Restore ".length)}</code> ${how}`;
    })}`,
  );
}
