import { html } from "hono/html";
import { paths } from "../../../protocol/paths.ts";
import { isEnded, type Artifact, type RunView } from "../../../protocol/run.ts";
import { fileSize, wakingWords } from "../../../protocol/words.ts";
import { stateLine } from "../../runs/state-line.ts";
import { clock } from "../format.ts";
import type { Html } from "../layout.ts";
import { stateIcon } from "../projects/marks.ts";
import type { ShownStep } from "../../runs/log-steps.ts";
import { outputLog } from "./output-lines.ts";
import type { ClaimedBlock } from "./shown-block.ts";

/** Seconds until a page that waits asks again. */
const REFRESH_S = 2;

/** Reloads a page until its run has ended: works without scripts. */
export const refresh: Html = html`<meta http-equiv="refresh" content="${REFRESH_S}" />`;

/** A run of a block, for a reader without scripts. */
export function blockRunPage(
  block: ClaimedBlock,
  run: RunView,
  output: ShownStep | undefined,
  now: number,
): Html {
  const ended = isEnded(run.state);
  const artifacts = run.ending?.artifacts ?? [];
  return html`<h1 class="title">${block.title}</h1>
    ${runStatus(run, now)} ${output ? outputLog(output) : ""}
    ${ended && !output ? html`<p class="quiet">The program printed nothing.</p>` : ""}
    ${artifacts.length > 0 ? artifactList(artifacts) : ""}
    <p class="actions">
      <a href="${block.path}">${ended ? "Run it again" : "Back to the block"}</a>
      ${ended ? html`<a href="${paths.runResult(run.id)}?format=json">The whole result, as JSON</a>` : ""}
    </p>`;
}

/** The run's state, or how it ended. */
export function runStatus(run: RunView, now: number): Html {
  const { text, note } = stateLine({
    state: run.state,
    attempt: run.attempt,
    maxAttempts: run.max_attempts,
    retrying: run.retrying?.reason.message,
    behind: false,
    ending: run.ending,
  });
  const elapsed = run.waking ? (now - Date.parse(run.waking.since)) / 1000 : 0;
  const said = run.waking ? wakingWords(run.waking, elapsed) : note;
  return html`<div class="status ${run.state}" role="status">
    ${stateIcon(run.state)}
    <div>
      <p><strong>${text}</strong>${said ? html` <span class="note">${said}</span>` : ""}</p>
    </div>
    ${
      isEnded(run.state)
        ? ""
        : html`<span class="clock" data-since="${Date.parse(run.created_at)}" aria-hidden="true"
            >${clock(Date.parse(run.created_at), now)}</span
          >`
    }
  </div>`;
}

export function artifactList(artifacts: readonly Artifact[]): Html {
  return html`<h2>Files</h2>
    <ul class="links">
      ${artifacts.map(
        ({ name, url, size }) => html`<li><a href="${url}">${name}</a> (${fileSize(size)})</li>`,
      )}
    </ul>`;
}
