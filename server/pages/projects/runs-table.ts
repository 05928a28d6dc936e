import { html } from "hono/html";
import { pagePaths } from "../../../protocol/paths.ts";
import { agoTime } from "../format.ts";
import type { Html } from "../layout.ts";
import type { ListedRun } from "../../commands/reading/runs.ts";
import { duration, refWords, triggerWords } from "../../../protocol/words.ts";
import { stateLabel } from "./marks.ts";

/** Runs, each with its state, trigger and duration. */
export function runsTable(slug: string, runs: readonly ListedRun[], now: number): Html {
  return html`<table class="rows">
    <thead>
      <tr>
        <th scope="col">State</th>
        <th scope="col">Run</th>
        <th scope="col">Started by</th>
        <th scope="col">Took</th>
        <th scope="col">When</th>
      </tr>
    </thead>
    <tbody>
      ${runs.map(
        (run) =>
          html`<tr>
            <td>${stateLabel(run.state)}</td>
            <th scope="row" class="text">
              <a href="${pagePaths.run(slug, run.id)}">${run.title}</a>
            </th>
            <td class="name">
              ${triggerWords(run.trigger)}
              ${run.ref ? html`<small>${refWords(run.ref)}</small>` : ""}
            </td>
            <td class="figure">${run.ran_s === undefined ? "" : duration(run.ran_s)}</td>
            <td class="when">${agoTime(run.created_at, now)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}
