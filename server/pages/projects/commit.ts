import { html } from "hono/html";
import { DEFERRED } from "../command-line.ts";
import { copyable } from "../copyable.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import { agoTime } from "../format.ts";
import type { Html } from "../layout.ts";
import { subjectOf, type ListedCommit } from "../../commands/reading/commits.ts";
import type { ListedRun } from "../../commands/reading/runs.ts";
import type { PageOf } from "./paging.ts";
import { runsTable } from "./runs-table.ts";
import { olderLink } from "./shell.ts";
import { refWords } from "../../../protocol/words.ts";

export interface CommitPage {
  slug: string;
  commit: ListedCommit;
  runs: PageOf<ListedRun>;
  now: number;
}

/** A commit and its runs. */
export function commitPage({ slug, commit, runs, now }: CommitPage): Html {
  const body = commit.message.split("\n").slice(1).join("\n").trim();
  const { sha, refs } = commit;
  return html`<h1 class="title">${subjectOf(commit.message)}</h1>
    ${body ? html`<pre class="message" tabindex="0">${body}</pre>` : ""}
    <dl class="facts">
      <div>
        <dt>Commit</dt>
        <dd><code>${sha}</code></dd>
      </div>
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
    </dl>
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
          : runsTable(slug, runs.rows, now)
      }
      ${olderLink(runs.older)}
    </section>`;
}
