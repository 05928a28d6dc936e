import { html } from "hono/html";
import { DEFERRED } from "../command-line.ts";
import { copyable } from "../copyable.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import { agoTime } from "../format.ts";
import type { Project } from "../../projects/projects.ts";
import type { Html } from "../layout.ts";
import { subjectOf, type ListedCommit } from "../../commands/reading/commits.ts";
import type { ListedRun } from "../../commands/reading/runs.ts";
import { daysFigure } from "./days.ts";
import type { BranchRun } from "../../commands/reading/branch.ts";
import type { DayOfRuns } from "../../commands/reading/days.ts";
import type { PageOf } from "./paging.ts";
import { runsTable } from "./runs-table.ts";
import { projectSummary } from "./summary.ts";
import { olderLink } from "./shell.ts";
import { refWords } from "../../../protocol/words.ts";
import { stateLabel } from "./marks.ts";
import { tableHead } from "../table-head.ts";

/** Most branches and tags per commit in a list; its own page names all. */
const REFS = 2;

export interface ProjectPage {
  project: Project;
  commits: PageOf<ListedCommit>;
  refs: readonly string[];
  /** The full name of the only branch or tag shown. */
  ref: string | undefined;
  underWay: readonly ListedRun[];
  days: readonly DayOfRuns[];
  /** The newest runs of the default branch that count for its state. */
  trend: readonly BranchRun[];
  /** The server's public URL. */
  url: string;
  /** With the key that a private project's badge and feed need. */
  badgeUrl: string;
  feedUrl: string;
  signedIn: boolean;
  /** Whether the reader may start runs. */
  mayRun: boolean;
  /** Whether the reader may sign blocks, and change settings. */
  maySetUp: boolean;
  now: number;
}

export function projectPage(page: ProjectPage): Html {
  const { project, commits, ref, underWay, now } = page;
  const { slug } = project;
  const branch = project.defaultBranch ?? "";
  return html`<div class="title-row">
      <h1>${slug}</h1>
      <p class="buttons">
        ${
          project.repository && /^https?:/.test(project.repository)
            ? html`<a href="${project.repository}" rel="noreferrer">Repository</a>`
            : ""
        }
        <a href="${page.feedUrl}">Feed</a>
        ${
          page.mayRun && project.repository !== null
            ? html`<a class="button action" href="${pagePaths.runNow(slug)}">Run now</a>`
            : ""
        }
      </p>
    </div>
    ${projectSummary({ slug, branch, runs: page.trend, days: page.days, now })}
    ${
      underWay.length > 0
        ? html`<section aria-labelledby="under-way">
            <h2 id="under-way">Under way</h2>
            ${runsTable(slug, underWay, { now })}
          </section>`
        : ""
    }
    ${page.days.some(({ succeeded, failed }) => succeeded + failed > 0) ? daysFigure(slug, page.days) : ""}
    <section aria-labelledby="commits">
      <h2 id="commits">Commits</h2>
      ${page.refs.length > 1 || ref !== undefined ? branchFilter(page) : ""}
      ${commits.rows.length === 0 ? empty(page) : commitsTable(slug, commits.rows, now)}
      ${olderLink(commits.older, ref === undefined ? {} : { branch: ref })}
    </section>
    ${commits.rows.length > 0 ? badge(page) : ""}`;
}

function branchFilter({ project, refs, ref }: ProjectPage): Html {
  return html`<form class="filter" action="${pagePaths.project(project.slug)}">
    <label for="branch">Branch or tag</label>
    <select id="branch" name="branch">
      <option value="">All</option>
      ${refs.map(
        (one) =>
          html`<option value="${one}" ${one === ref ? html`selected` : ""}>
            ${refWords(one)}
          </option>`,
      )}
    </select>
    <button>Show</button>
  </form>`;
}

function commitsTable(slug: string, commits: readonly ListedCommit[], now: number): Html {
  return html`<table class="rows">
    ${tableHead("State", "Commit", "Author", "Branch", "Runs", "When")}
    <tbody>
      ${commits.map(({ sha, message, author_name, refs, state, runs, committed_at }) => {
        const newest = runs[0];
        return html`<tr>
          <td>${state ? stateLabel(state) : html`<span class="quiet">No runs</span>`}</td>
          <th scope="row" class="text">
            <a href="${pagePaths.commit(slug, sha)}">${subjectOf(message)}</a>
            <small><code>${sha.slice(0, 8)}</code></small>
          </th>
          <td class="name">${author_name}</td>
          <td class="name">
            ${refs.slice(0, REFS).map(refWords).join(", ") + moreOf(refs.length - REFS)}
          </td>
          <td class="figure">
            ${
              runs.length === 1
                ? html`<a href="${pagePaths.run(slug, newest!.id)}">1 run</a>`
                : runs.length > 1
                  ? html`<a href="${pagePaths.commit(slug, sha)}">${runs.length} runs</a>`
                  : ""
            }
          </td>
          <td class="when">${agoTime(committed_at, now)}</td>
        </tr>`;
      })}
    </tbody>
  </table>`;
}

function moreOf(left: number): string {
  return left > 0 ? ` and ${left} more` : "";
}

function empty(page: ProjectPage): Html {
  const { ref, signedIn, mayRun, maySetUp } = page;
  const { slug, repository } = page.project;
  if (ref !== undefined) return html`<p class="lead">No commit was seen on ${refWords(ref)}.</p>`;
  if (!signedIn) return html`<p class="lead">Nothing was pushed yet.</p>`;
  if (repository === null) {
    return html`<p class="lead">
        This project has no repository yet: it has keys and signed blocks alone.
      </p>
      ${
        maySetUp
          ? html`<p class="buttons">
              <a class="button action" href="${pagePaths.sign(slug)}">Sign a block</a>
              <a href="${pagePaths.repository(slug)}">Add its repository</a>
            </p>`
          : ""
      }`;
  }
  return html`<p class="lead">Nothing was pushed since the project was made.</p>
    <ol class="steps">
      <li>
        <h3>Set the webhook</h3>
        ${
          maySetUp
            ? html`<p>
                <a href="${pagePaths.webhook(slug)}">Set it</a> by a GitHub token, or copy its
                address and secret.
              </p>`
            : html`<p>A maintainer of the project does it, under Settings.</p>`
        }
      </li>
      <li>
        <h3>Push</h3>
        <p>
          Each push runs what the repository’s <code>.deferred-server</code> file says; without the
          file it makes a churn report. Each call of the webhook is listed under
          <a href="${pagePaths.deliveries(slug)}">deliveries</a>.
        </p>
      </li>
      ${
        mayRun
          ? html`<li>
              <h3>Or run it at once</h3>
              <p>
                At the tip of the default branch: <a href="${pagePaths.runNow(slug)}">Run now</a>,
                or from a terminal:
              </p>
              ${copyable("exec", `${DEFERRED} exec --project ${slug} -- ls -l`)}
            </li>`
          : ""
      }
    </ol>`;
}

function badge({ project, badgeUrl, feedUrl, url, ref }: ProjectPage): Html {
  const { slug } = project;
  const branch = ref === undefined ? "" : `branch=${encodeURIComponent(ref)}`;
  const address = (branch && badgeUrl + (badgeUrl.includes("?") ? "&" : "?") + branch) || badgeUrl;
  const markdown = `[![${slug}](${url}${address})](${url}${pagePaths.project(slug)})`;
  return html`<section aria-labelledby="badge">
    <h2 id="badge">Badge</h2>
    <p><img src="${address}" alt="The badge of ${slug}" height="20" /></p>
    <p>
      It shows how the last push, schedule or replay
      ${ref === undefined ? "of the default branch" : html`of ${refWords(ref)}`} ended.
      ${
        project.settings.public
          ? ""
          : html`This project is private, so the address holds a key. Anyone who has the key can
              read this badge and the <a href="${feedUrl}">feed</a>, and nothing else.`
      }
    </p>
    ${copyable("badge", markdown, "Copy the badge’s Markdown")}
  </section>`;
}
