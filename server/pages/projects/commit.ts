import { html } from "hono/html";
import { DEFERRED } from "../command-line.ts";
import { copyable } from "../copyable.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import { agoTime } from "../format.ts";
import type { Html } from "../layout.ts";
import { subjectOf, type ListedCommit } from "../../commands/reading/commits.ts";
import type { ListedRun } from "../../commands/reading/runs.ts";
import type { PageOf } from "./paging.ts";
import { repositoryLinks } from "./repository-links.ts";
import { runsTable } from "./runs-table.ts";
import { olderLink } from "./shell.ts";
import { refWords } from "../../../protocol/words.ts";

export interface CommitPage {
  slug: string;
  repository: string | null;
  commit: ListedCommit;
  /** The commit that ran before it on its branch. */
  before: string | undefined;
  runs: PageOf<ListedRun>;
  now: number;
}

/** A commit and its runs. */
export function commitPage(page: CommitPage): Html {
  const { slug, commit, runs, now } = page;
  const body = commit.message.split("\n").slice(1).join("\n").trim();
  const { sha } = commit;
  return html`<h1 class="title">${subjectOf(commit.message)}</h1>
    ${body ? html`<pre class="message" tabindex="0">${body}</pre>` : ""} ${facts(page)}
    <section aria-labelledby="runs">
      <h2 id="runs">Runs</h2>
      ${
        runs.rows.length === 0
          ? html`<p class="lead">Nothing was run at this commit.</p>
              ${copyable(
                "exec",
                `${DEFERRED} exec --project ${slug} --commits ${sha.slice(0, 12)} -- ls -l`,
                "Copy the command",
              )}`
          : runsTable(slug, runs.rows, { now, filter: `commit:${sha}` })
      }
      ${olderLink(runs.older)}
    </section>`;
}

function facts({ slug, repository, commit, before, now }: CommitPage): Html {
  const { sha, refs } = commit;
  const links = repositoryLinks(repository);
  return html`<dl class="facts">
    <div>
      <dt>Commit</dt>
      <dd>
        <code>${sha}</code>
        ${links ? html` · <a href="${links.commit(sha)}" rel="noreferrer">See it at ${links.host}</a>` : ""}
      </dd>
    </div>
    ${
      before === undefined
        ? ""
        : html`<div>
            <dt>Before it</dt>
            <dd>
              <a href="${pagePaths.commit(slug, before)}"><code>${before.slice(0, 8)}</code></a> ran
              on the same branch
              ${
                links
                  ? html` ·
                      <a href="${links.compare(before, sha)}" rel="noreferrer">Compare the two</a>`
                  : ""
              }
            </dd>
          </div>`
    }
    <div>
      <dt>By</dt>
      <dd>${commit.author_name}, ${agoTime(commit.committed_at, now)}</dd>
    </div>
    ${
      refs.length > 0
        ? html`<div>
            <dt>On</dt>
            <dd>
              ${refs.map(
                (ref, index) =>
                  html`${index > 0 ? ", " : ""}<a
                      href="${pagePaths.project(slug)}?branch=${encodeURIComponent(ref)}"
                      >${refWords(ref)}</a
                    >`,
              )}
            </dd>
          </div>`
        : ""
    }
  </dl>`;
}
