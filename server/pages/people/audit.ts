import { html } from "hono/html";
import { actorWords } from "../../../protocol/actors.ts";
import type { AuditEntry } from "../../../protocol/audit.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import { agoTime } from "../format.ts";
import { olderLink } from "../projects/shell.ts";
import type { Html } from "../layout.ts";

export interface AuditQuery {
  actor?: string;
  action?: string;
  since?: string;
  until?: string;
}

export interface AuditPageOptions {
  /** Absent: of the whole server. */
  slug?: string;
  query: AuditQuery;
  older: string | undefined;
  /** Where the same entries are as CSV. */
  csv: string;
  now: number;
}

/** Who changed what, with a filter and an export. */
export function auditPage(entries: readonly AuditEntry[], options: AuditPageOptions): Html {
  const { slug, query, older, csv, now } = options;
  const search = new URLSearchParams({ ...query });
  return html`<h1>Audit</h1>
    <p class="lead">
      Each call and form that may change something, newest first, kept for a year. Nobody can change
      or remove an entry. Values of secrets and settings are never in it.
    </p>
    ${filterForm(query)}
    ${entries.length === 0 ? html`<p>No entry fits the filter.</p>` : table(entries, slug, now)}
    ${olderLink(older, Object.fromEntries(search))}
    <p class="alone"><a href="${csv}?${search}" download>Download as CSV</a></p>`;
}

function filterForm({ actor = "", action = "", since = "", until = "" }: AuditQuery): Html {
  const day = (name: string, label: string, value: string) =>
    html`<label
      >${label} <input type="date" name="${name}" value="${value.slice(0, 10)}"
    /></label>`;
  const text = (name: string, label: string, value: string) =>
    html`<label
      >${label} <input type="search" name="${name}" value="${value}" size="12" autocomplete="off"
    /></label>`;
  return html`<form class="filter" method="get" role="search">
    ${text("actor", "Who, by id", actor)} ${text("action", "Call or path", action)}
    ${day("since", "Since", since)} ${day("until", "Before", until)}
    <button>Show</button>
  </form>`;
}

function table(entries: readonly AuditEntry[], slug: string | undefined, now: number): Html {
  return html`<table class="rows">
    <thead>
      <tr>
        <th scope="col">When</th>
        <th scope="col">Who</th>
        <th scope="col">What</th>
        ${slug === undefined ? html`<th scope="col">Project</th>` : ""}
        <th scope="col">Answer</th>
      </tr>
    </thead>
    <tbody>
      ${entries.map((entry) => row(entry, slug, now))}
    </tbody>
  </table>`;
}

function row(entry: AuditEntry, slug: string | undefined, now: number): Html {
  const { actor_kind: kind, actor: id, actor_name: name, action, path, detail, project } = entry;
  return html`<tr>
    <td class="when">${agoTime(Date.parse(entry.at), now)}</td>
    <td class="name">
      <a href="?${new URLSearchParams({ actor: id })}">${actorWords({ kind, id, name })}</a>
    </td>
    <th scope="row" class="text">
      <code>${action.split(" ")[0]} ${path}</code>
      ${detail === null ? "" : html`<small>${detail}</small>`}
    </th>
    ${
      slug === undefined
        ? html`<td>
            ${project === null ? "" : html`<a href="${pagePaths.projectAudit(project)}">${project}</a>`}
          </td>`
        : ""
    }
    <td class="figure">${entry.status ?? "unknown"}</td>
  </tr>`;
}
