import { html, nothing, type LitElement, type TemplateResult } from "lit";
import type { ShownClaims } from "../element/claims.ts";
import type { PageLanguage } from "../element/page-language.ts";
import { isBusy, type View } from "../element/view.ts";
import { stopButton } from "../element/stop-button.ts";
import { resultBox } from "./result-box.ts";
import { statusLine } from "./status-line.ts";
import { wordingOf } from "./wording.ts";
import { statusOf } from "./words.ts";

export interface ResultOptions {
  view: View;
  claims: ShownClaims;
  server: string;
  language: PageLanguage;
  /** What tells the block from others of its page. */
  name: string;
  /** The page's clock, ms. */
  now: number;
  /** Height of the last result, in px. */
  height: number;
  /** The author's font of code, as declarations of custom properties. */
  codeFont: string;
  /** The element: an update of it draws the result again. */
  host: LitElement;
  draft: { edited: string | undefined };
  stop: () => void;
}

/** The status line, and the result below it. */
export function resultArea(options: ResultOptions): TemplateResult {
  const { view, claims, now, server, host, draft, stop } = options;
  const wording = wordingOf(options.language.spoken);
  const status = statusOf(view, now, wording);
  const busy = isBusy(view);
  const elapsedS = Math.max(0, now - view.pressedAt) / 1000;
  // A success is one line below its output; the line above it closes.
  const isQuiet = view.state === "succeeded";
  return html`<div class="opening ${status ? "open" : ""}">
    <div
      class="result ${isQuiet ? "quiet" : ""}"
      .style=${`min-height:${busy ? options.height : 0}px;${options.codeFont}`}
    >
      <div class="telling">
        ${
          status &&
          statusLine({
            status,
            slot: isQuiet ? "" : `message-${view.state}`,
            elapsed: busy ? wording.format.duration(elapsedS) : undefined,
            stop: busy ? stopButton(wording.page, options.name, stop) : nothing,
          })
        }
      </div>
      ${resultBox(view, {
        ...{ wording, now, server, claims, host },
        isAuthors: draft.edited === undefined,
      })}
    </div>
  </div>`;
}
