import { html, nothing, type TemplateResult } from "lit";
import type { Block } from "../element/block.ts";
import { stopButton } from "../element/buttons.ts";
import { isBusy } from "../element/view.ts";
import type { ReadingPosition } from "./reading-position.ts";
import { shownOf } from "./page-view.ts";
import { resultBox } from "./result-box.ts";
import { resultTools } from "./result-tools.ts";
import { statusLine } from "./status-line.ts";
import { otherStates } from "./other-states-part.ts";
import { isPlain, plainStatus } from "./plain-status.ts";
import { plainWordingOf } from "./plain-wording.ts";

export interface ResultOptions {
  /** The page's clock, ms. */
  now: number;
  position: ReadingPosition;
}

/** The status line, and the result below it. */
export function resultArea(block: Block, { now, position }: ResultOptions): TemplateResult {
  const { claims, host, features, language } = block;
  const { spoken } = language;
  const isOther = !isPlain(block.view, now) || (claims.show === "table" && block.view.ending);
  const others = isOther ? otherStates(() => host.requestUpdate()) : undefined;
  const all = others?.wordingOf(spoken);
  const wording = all ?? plainWordingOf(spoken);
  const view = others ? others.wakingView(block) : block.view;
  const status =
    others && all ? others.statusOf(view, now, all, claims) : plainStatus(view, wording);
  const busy = isBusy(view);
  const elapsedS = Math.max(0, now - view.pressedAt) / 1000;
  // A success is one line below its output; the line above it closes.
  const isQuiet = view.state === "succeeded";
  const shown = shownOf(view);
  const tools = resultTools(host);
  const other = others && all && others.otherResult(block, view, shown, all, now, tools);
  return html`<div class="opening ${status || features?.hasResult(view) ? "open" : ""}">
    <div
      class="result ${isQuiet ? "quiet" : ""}"
      .style=${`--dr-height:${position.height}px;min-height:${busy ? "var(--dr-height)" : 0};${position.codeFont}`}
    >
      <div class="telling">
        ${
          status &&
          statusLine({
            status,
            path: others?.pathOf(status.mark),
            details: others?.detailsOf(status),
            slot: isQuiet ? "" : `message-${view.state}`,
            // A run that is over at once has none, and its request waits for no number format.
            elapsed: busy && elapsedS >= 0.1 ? wording.format.duration(elapsedS) : undefined,
            stop: busy ? stopButton(block) : nothing,
          })
        }
      </div>
      ${features?.renderRecorded(view)} ${resultBox({ block, view, shown, wording, tools, other })}
    </div>
  </div>`;
}
