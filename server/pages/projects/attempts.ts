import { html } from "hono/html";
import { pagePaths } from "../../../protocol/paths.ts";
import { duration } from "../../../protocol/words.ts";
import type { ShownRun } from "../../commands/reading/run.ts";
import { agoTime } from "../format.ts";
import type { Html } from "../layout.ts";

interface LostAttempt {
  attempt: number;
  why: string;
  at: number;
  /** How long a machine had it; undefined where none got it. */
  lastedS: number | undefined;
}

/** The attempts that were lost, by the run's state changes. */
function lostAttempts(changes: ShownRun["changes"]): LostAttempt[] {
  const lost: LostAttempt[] = [];
  let began: number | undefined;
  for (const { at, event } of changes) {
    if (event.type === "attempt_started") began = at;
    if (event.type !== "retrying") continue;
    const lastedS = began === undefined ? undefined : (at - began) / 1000;
    lost.push({ attempt: event.attempt - 1, why: event.reason.message, at, lastedS });
    began = undefined;
  }
  return lost;
}

/** A line for each attempt: why it was lost, and a link to what it printed. */
export function attemptsList(
  slug: string,
  { row, changes, attempt: shown }: ShownRun,
  now: number,
): Html | "" {
  const lost = lostAttempts(changes);
  if (lost.length === 0) return "";
  const address = pagePaths.run(slug, row.id);
  const hasBegun = row.attempt > lost.length;
  return html`<section aria-labelledby="attempts">
    <h2 id="attempts">Attempts</h2>
    <ol class="attempts">
      ${lost.map(
        ({ attempt, why, at, lastedS }) =>
          html`<li ${attempt === shown ? html`aria-current="true"` : ""}>
            ${attempt} of ${row.max_attempts}: ${why}
            <small
              >${lastedS === undefined ? "" : `Lost after ${duration(lastedS)}, `}${agoTime(at, now)}
              ·
              ${
                attempt === shown
                  ? "shown below"
                  : html`<a href="${address}?attempt=${attempt}">its output</a>`
              }</small
            >
          </li>`,
      )}
      ${
        hasBegun
          ? html`<li ${row.attempt === shown ? html`aria-current="true"` : ""}>
              ${row.attempt} of ${row.max_attempts}:
              ${row.attempt === shown ? "this one" : html`<a href="${address}">the last one</a>`}
            </li>`
          : ""
      }
    </ol>
  </section>`;
}
