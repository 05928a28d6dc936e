import { html } from "hono/html";
import { type Actor, actorWords } from "../../../protocol/actors.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import { type FilterKey, narrowFilter } from "../../../protocol/run-filter.ts";
import { duration, refWords, triggerWords } from "../../../protocol/words.ts";
import type { ListedRun } from "../../commands/reading/runs.ts";
import { agoTime } from "../format.ts";
import type { Html } from "../layout.ts";
import { stateLabel } from "./marks.ts";
import { tableHead } from "../table-head.ts";

/** The address of the list of runs that a filter narrows. */
export function runsUrl(slug: string, filter: string): string {
  return filter === ""
    ? pagePaths.runs(slug)
    : `${pagePaths.runs(slug)}?${new URLSearchParams({ q: filter })}`;
}

/** A link to the same list with one more term. */
type Narrow = (key: FilterKey, value: string, words: Html | string) => Html;

/**
 * Runs, each with its state, author, branch and duration. With the filter that they were found by, a cell leads to
 * those that share its value; without it, links would only be in the way of the keyboard.
 */
export function runsTable(
  slug: string,
  runs: readonly ListedRun[],
  { now, filter }: { now: number; filter?: string },
): Html {
  const narrow: Narrow = (key, value, words) =>
    filter === undefined
      ? html`${words}`
      : html`<a class="narrow" href="${runsUrl(slug, narrowFilter(filter, key, value))}"
          >${words}</a
        >`;
  return html`<table class="rows runs">
    ${tableHead("State", "Run", "Author", "Branch", "Took", "When")}
    <tbody>
      ${runs.map(
        (run) =>
          html`<tr>
            <td>${narrow("state", run.state, stateLabel(run.state))}</td>
            <th scope="row" class="text">
              <a href="${pagePaths.run(slug, run.id)}">${run.title}</a>
              ${beneath(slug, run, narrow)}
            </th>
            <td class="name">${run.author ? narrow("author", run.author, run.author) : ""}</td>
            <td class="name">${run.ref ? branchLink(run.ref, narrow) : ""}</td>
            <td class="figure">${run.ran_s === undefined ? "" : duration(run.ran_s)}</td>
            <td class="when">${agoTime(run.created_at, now)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/** The second line: the cause and the commit, whose subject a run of a name of its own does not say. */
function beneath(slug: string, run: ListedRun, narrow: Narrow): Html {
  const { commit, subject, trigger, title, started_by } = run;
  return html`<small>
    ${trigger === "" ? "" : narrow("cause", trigger, triggerWords(trigger))}${byWords(started_by)}
    ${
      commit
        ? html` ·
            <a href="${pagePaths.commit(slug, commit)}"><code>${commit.slice(0, 8)}</code></a>`
        : ""
    }
    ${subject && subject !== title ? html` ${subject}` : ""}
  </small>`;
}

function branchLink(ref: string, narrow: Narrow): Html {
  const [, kind, name = ref] = /^refs\/(heads|tags)\/(.+)$/.exec(ref) ?? [];
  if (kind === "tags") return narrow("tag", name, refWords(ref));
  return narrow("branch", name, refWords(ref));
}

/** Empty where the cause of the run says it already. */
export function byWords(actor: Actor | null | undefined): string {
  if (!actor || ["webhook", "schedule", "reader"].includes(actor.kind)) return "";
  return ` by ${actorWords(actor)}`;
}
