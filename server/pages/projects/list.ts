import { html } from "hono/html";
import { pagePaths } from "../../../protocol/paths.ts";
import { duration } from "../../../protocol/words.ts";
import { trendOf } from "../../commands/reading/branch.ts";
import type { ProjectActivity, ProjectTrend } from "../../commands/reading/projects.ts";
import { DEFERRED } from "../command-line.ts";
import { agoTime } from "../format.ts";
import type { Html } from "../layout.ts";
import { stateLabel } from "./marks.ts";
import { projectsHead } from "./search.ts";
import { sparkline } from "./spark.ts";
import { percentOf } from "./summary.ts";
import { tableHead } from "../table-head.ts";

/** The runs that a project's trend is read from. */
export const TREND_RUNS = 20;
const PAGE_PROJECTS = 50;

export interface ProjectsPage {
  /** Those that fit and that the person may see, by their activity. */
  projects: readonly ProjectActivity[];
  trends: ReadonlyMap<string, ProjectTrend>;
  search: string;
  /** From 1. */
  page: number;
  pages: number;
}

/** The projects of one page whose names contain the text. */
export function pageOfProjects(
  all: readonly ProjectActivity[],
  { search, page }: { search: string; page: number },
): Pick<ProjectsPage, "projects" | "pages" | "page"> {
  const words = search.trim().toLowerCase().split(/\s+/);
  const fitting = all.filter(({ slug }) =>
    words.every((word) => slug.toLowerCase().includes(word)),
  );
  const pages = Math.max(1, Math.ceil(fitting.length / PAGE_PROJECTS));
  const shown = Math.min(Math.max(1, Math.trunc(page)), pages);
  const from = (shown - 1) * PAGE_PROJECTS;
  return { projects: fitting.slice(from, from + PAGE_PROJECTS), pages, page: shown };
}

/** The projects that a person may see, sorted by their latest run. */
export function projectsList(
  listed: ProjectsPage,
  { signedIn, mayAdd, now }: { signedIn: boolean; mayAdd: boolean; now: number },
): Html {
  const { projects, search, pages } = listed;
  return html`${projectsHead(mayAdd)}
  ${search !== "" || pages > 1 || projects.length > 5 ? searchForm(search) : ""}
  ${projects.length === 0 ? none(search) : table(listed, now)} ${pageLinks(listed)}
  ${
    signedIn
      ? ""
      : html`<p class="quiet">
          These are the public ones. To see the others, run <code>${DEFERRED} sign-in</code> where
          the server runs.
        </p>`
  }`;
}

function searchForm(search: string): Html {
  return html`<form class="filter" role="search" action="${pagePaths.projects}">
    <label for="q">Name</label>
    <input id="q" name="q" type="search" value="${search}" maxlength="200" spellcheck="false" />
    <button>Search</button>
  </form>`;
}

function none(search: string): Html {
  if (search === "") return html`<p class="lead">There is no project yet.</p>`;
  return html`<p class="lead">
    No project’s name contains “${search}”. <a href="${pagePaths.projects}">Show all</a>
  </p>`;
}

function table({ projects, trends }: ProjectsPage, now: number): Html {
  return html`<table class="rows projects">
    ${tableHead("Project", "State", "Last commit", `Last ${TREND_RUNS} runs`, "Median", "Active")}
    <tbody>
      ${projects.map((project) => row(project, trends.get(project.slug), now))}
    </tbody>
  </table>`;
}

function row(project: ProjectActivity, trend: ProjectTrend | undefined, now: number): Html {
  const { slug, default_branch, active_at } = project;
  const { runs = [], last } = trend ?? {};
  const median = trendOf(runs)?.medianS;
  const good = runs.filter(({ state }) => state === "succeeded").length;
  return html`<tr>
    <th scope="row">
      <a href="${pagePaths.project(slug)}">${slug}</a>
      ${project.public ? html` <small>public</small>` : ""}
    </th>
    <td>
      ${
        last
          ? html`<a class="narrow" href="${pagePaths.run(slug, last.id)}"
                >${stateLabel(last.state)}</a
              >${runs.length > 0 ? html`<small>${default_branch}</small>` : ""}`
          : html`<span class="quiet">No runs</span>`
      }
    </td>
    <td class="text">
      ${
        last
          ? html`<a href="${pagePaths.run(slug, last.id)}">${last.subject ?? last.title}</a>
              <small
                >${last.commit ? html`<code>${last.commit.slice(0, 8)}</code>` : ""}${
                  last.author ? ` · ${last.author}` : ""
                }</small
              >`
          : ""
      }
    </td>
    <td>
      ${
        runs.length === 0
          ? ""
          : html`${sparkline(runs, TREND_RUNS)}<small
                >${percentOf(good, runs.length)} passed</small
              >`
      }
    </td>
    <td class="figure">${median === undefined ? "" : duration(median)}</td>
    <td class="when">${active_at === null ? "" : agoTime(active_at, now)}</td>
  </tr>`;
}

function pageLinks({ page, pages, search }: ProjectsPage): Html | "" {
  if (pages === 1) return "";
  const to = (number: number) =>
    `?${new URLSearchParams({ ...(search !== "" && { q: search }), page: String(number) })}`;
  const link = (number: number, words: string, rel: string) =>
    number < 1 || number > pages
      ? html`<span class="quiet">${words}</span>`
      : html`<a href="${to(number)}" rel="${rel}">${words}</a>`;
  return html`<nav class="pages" aria-label="Pages">
    ${link(page - 1, "Previous", "prev")}
    <span class="quiet">${page} of ${pages}</span>
    ${link(page + 1, "Next", "next")}
  </nav>`;
}
