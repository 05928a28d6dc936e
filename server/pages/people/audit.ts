import { html } from "hono/html";
import { actorWords } from "../../../protocol/actors.ts";
import type { AuditEntry } from "../../../protocol/audit.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import { agoTime } from "../format.ts";
import type { Html } from "../layout.ts";
import { olderLink } from "../projects/shell.ts";
import { auditSentence } from "./audit-sentences.ts";
import { tableHead } from "../table-head.ts";

export interface AuditQuery {
  actor?: string;
  action?: string;
  since?: string;
  until?: string;
}

export interface AuditPageOptions {
  query: AuditQuery;
  older: string | undefined;
  /** Where the same entries are as CSV. */
  csv: string;
  /** Names of the users that entries are about, by their ids. */
  names: ReadonlyMap<string, string>;
  now: number;
}

/** Who changed what, with a filter and an export. */
export function auditPage(entries: readonly AuditEntry[], options: AuditPageOptions): Html {
  const { query, older, csv, names, now } = options;
  const search = new URLSearchParams({ ...query });
  return html`<h1>Audit</h1>
    <p class="lead">
      Each call and form that may change something, newest first, kept for a year. Nobody can change
      or remove an entry. Values of secrets and settings are never in it.
    </p>
    ${filterForm(query)}
    ${entries.length === 0 ? html`<p>No entry fits the filter.</p>` : table(entries, names, now)}
    ${olderLink(older, Object.fromEntries(search))}
    <p class="alone"><a href="${csv}?${search}" download>Download as CSV</a></p>`;
}

function filterForm({ actor = "", action = "", since = "", until = "" }: AuditQuery): Html {
  const day = (name: string, label: string, value: string) =>
    html`<label
      >${label} <input type="date" name="${name}" value="${value.slice(0, 10)}"
    /></label>`;
  const text = (name: string, label: string, value: string, example: string) =>
    html`<label
      >${label}
      <input
        type="search"
        name="${name}"
        value="${value}"
        placeholder="${example}"
        size="12"
        autocomplete="off"
    /></label>`;
  return html`<form class="filter" method="get" role="search">
    ${text("actor", "Who", actor, "name or id")} ${text("action", "Call or path", action, "")}
    ${day("since", "Since", since)} ${day("until", "Before", until)}
    <button>Show</button>
  </form>`;
}

type Names = AuditPageOptions["names"];

function table(entries: readonly AuditEntry[], names: Names, now: number): Html {
  return html`<table class="rows audit">
    ${tableHead("When", "What happened")}
    <tbody>
      ${entries.map((entry) => row(entry, names, now))}
    </tbody>
  </table>`;
}

function row(entry: AuditEntry, names: Names, now: number): Html {
  const { actor_kind: kind, actor: id, actor_name: name, action, path, status, location } = entry;
  const { parts, rest } = auditSentence(entry);
  const words = actorWords({ kind, id, name });
  const who = words === name ? name : words[0]!.toUpperCase() + words.slice(1);
  return html`<tr>
    <td class="when">${agoTime(Date.parse(entry.at), now)}</td>
    <th scope="row" class="text">
      <a href="?${new URLSearchParams({ actor: id })}" title="Only what ${words} did">${who}</a>
      ${parts.map((part) => ("words" in part ? part.words : namedThing(part, entry, names)))}${
        rest === null ? "" : html`: ${rest}`
      }${status !== null && status >= 400 ? html` <span class="refused">(refused)</span>` : ""}
      <details>
        <summary>Call</summary>
        <dl class="facts">
          <div>
            <dt>Sent</dt>
            <dd><code>${action.split(" ")[0]} ${path}</code></dd>
          </div>
          <div>
            <dt>Answer</dt>
            <dd>${status ?? "not known: the server ended before it"}</dd>
          </div>
          ${
            location === null
              ? ""
              : html`<div>
                  <dt>Led to</dt>
                  <dd><code>${location}</code></dd>
                </div>`
          }
          <div>
            <dt>By</dt>
            <dd>${kind}${id === kind ? "" : html` <code>${id}</code>`}</dd>
          </div>
          <div>
            <dt>Entry</dt>
            <dd>${entry.number}, ${entry.at}</dd>
          </div>
        </dl>
      </details>
    </th>
  </tr>`;
}

/** Ids in lists of runs and deliveries are shown by their first characters. */
const SHORT_ID = 8;

function namedThing(
  { named, value }: { named: string; value: string },
  entry: AuditEntry,
  names: Names,
): Html {
  const name = named === "user" ? names.get(value) : undefined;
  if (name !== undefined) return html`<strong title="${value}">${name}</strong>`;
  if (named === "project") return html`<a href="${pagePaths.project(value)}">${value}</a>`;
  const isId = /^[0-9a-z]{26}$/.test(value);
  const short = isId
    ? html`<code title="${value}">${value.slice(0, SHORT_ID)}</code>`
    : html`<code>${value}</code>`;
  const { project, action } = entry;
  if (named !== "id" || project === null || !action.includes("/runs/{id}")) return short;
  return html`<a href="${pagePaths.run(project, value)}">${short}</a>`;
}
