import { html } from "hono/html";
import { pagePaths } from "../../../protocol/paths.ts";
import { FILTER_KEYS } from "../../../protocol/run-filter.ts";
import type { PageOfRuns } from "../../commands/reading/runs.ts";
import { DEFERRED } from "../command-line.ts";
import { copyable } from "../copyable.ts";
import type { Html } from "../layout.ts";
import { runsTable, runsUrl } from "./runs-table.ts";

export interface RunsPage {
  slug: string;
  /** The filter as it was typed. */
  filter: string;
  /** Why the filter can't be used, as a sentence. */
  problem: string | undefined;
  page: PageOfRuns | undefined;
  now: number;
}

/** A project's runs, narrowed by the filter in the address. */
export function runsPage(options: RunsPage): Html {
  const { slug, filter, page, now } = options;
  const nothing = page && page.rows.length === 0;
  return html`<h1>Runs</h1>
    ${filterForm(options)} ${page && !nothing ? runsTable(slug, page.rows, { now, filter }) : ""}
    ${nothing ? noRuns(slug, filter, page) : ""} ${page ? pagesOf(slug, filter, page) : ""}`;
}

const QUICK = [
  ["", "All"],
  ["state:open", "Under way"],
  ["state:unsuccessful", "Unsuccessful"],
] as const;

function filterForm({ slug, filter, problem, page }: RunsPage): Html {
  return html`<form class="filter" role="search" action="${runsUrl(slug, "")}">
      <label for="q">Filter</label>
      <input
        id="q"
        name="q"
        type="search"
        value="${filter}"
        maxlength="500"
        placeholder="branch:main state:failed author:ada"
        spellcheck="false"
        autocapitalize="off"
        ${problem === undefined ? "" : html`aria-invalid="true"`}
        aria-describedby="${problem === undefined ? "" : "problem "}how"
      />
      <button>Show</button>
      ${page ? html`<span class="quiet">${countWords(page.count)}</span>` : ""}
    </form>
    ${problem === undefined ? "" : html`<p class="problem" id="problem">${problem}</p>`}
    <div class="under-filter">
      <ul class="links">
        ${QUICK.map(
          ([q, words]) =>
            html`<li>
              <a href="${runsUrl(slug, q)}" ${q === filter.trim() ? html`aria-current="true"` : ""}
                >${words}</a
              >
            </li>`,
        )}
      </ul>
      <details id="how">
        <summary>How to filter</summary>
        <table>
          <tbody>
            ${Object.entries(FILTER_KEYS).map(
              ([key, takes]) =>
                html`<tr>
                  <th scope="row"><code>${key}:</code></th>
                  <td>${takes}</td>
                </tr>`,
            )}
            <tr>
              <th scope="row"><code>words</code></th>
              <td>what the title contains; <code>"two words"</code> in quotes are one text</td>
            </tr>
          </tbody>
        </table>
      </details>
    </div>`;
}

function countWords({ runs, isMore }: PageOfRuns["count"]): string {
  const words = runs === 1 ? "1 run" : `${runs.toLocaleString("en")} runs`;
  return isMore ? `More than ${words}` : words;
}

function noRuns(slug: string, filter: string, { newer }: PageOfRuns): Html {
  if (filter.trim() !== "" || newer !== undefined) {
    return html`<p class="lead">No run here fits the filter.</p>`;
  }
  return html`<p class="lead">
      Nothing has run yet. <a href="${pagePaths.runNow(slug)}">Run it now</a>, push, or run a
      command from a terminal:
    </p>
    ${copyable("exec", `${DEFERRED} exec --project ${slug} -- ls -l`)}`;
}

function pagesOf(slug: string, filter: string, { newer, older, isPartial }: PageOfRuns): Html | "" {
  if (newer === undefined && older === undefined) return "";
  const to = (cursor: Record<string, string>) => {
    const q = filter.trim();
    return `?${new URLSearchParams({ ...(q !== "" && { q }), ...cursor })}`;
  };
  const link = (href: string | undefined, words: string, rel: Html | "") =>
    href === undefined
      ? html`<span class="quiet">${words}</span>`
      : html`<a href="${href}" ${rel}>${words}</a>`;
  return html`${
      isPartial
        ? html`<p class="quiet">
            20,000 runs were searched. <a href="${to({ before: older! })}">Search older ones</a>
          </p>`
        : ""
    }
    <nav class="pages" aria-label="Pages">
      ${link(newer && runsUrl(slug, filter.trim()), "Newest", "")}
      ${link(newer && to({ after: newer }), "Newer", html`rel="prev"`)}
      ${link(older && to({ before: older }), "Older", html`rel="next"`)}
      ${link(older && to({ oldest: "1" }), "Oldest", "")}
    </nav>`;
}
