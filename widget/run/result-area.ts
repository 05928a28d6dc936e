import { html, type TemplateResult } from "lit";
import { duration } from "../../protocol/words.ts";
import type { ShownClaims } from "../element/claims.ts";
import { isBusy, type View } from "../element/view.ts";
import { markOf } from "./marks.ts";
import { resultBox } from "./result-box.ts";
import { statusLine, statusWords } from "./status-line.ts";
import { statusOf } from "./words.ts";

export interface ResultOptions {
  view: View;
  claims: ShownClaims;
  server: string;
  /** The page's clock, ms. */
  now: number;
  /** Height of the last result, in px. */
  height: number;
  wrapped: boolean;
  stop: () => void;
  toggleWrap: () => void;
}

/** The status line, and the result below it. */
export function resultArea(options: ResultOptions): TemplateResult {
  const { view, now, server, wrapped, toggleWrap, stop } = options;
  const status = statusOf(view, now);
  const busy = isBusy(view);
  const elapsedS = Math.max(0, now - view.pressedAt) / 1000;
  return html`<div class="opening ${status ? "open" : ""}">
    <div class="result" .style=${`min-height:${busy ? options.height : 0}px`}>
      ${statusLine({
        status,
        mark: status && markOf(status.mark),
        elapsed: busy ? duration(elapsedS) : undefined,
        stop: busy ? stop : undefined,
      })}
      ${resultBox(view, { now, server, limits: options.claims.limits, wrapped, toggleWrap })}
    </div>
  </div>`;
}

/** What the live region says. */
export function announcement({ view, now }: ResultOptions): unknown {
  return statusWords(statusOf(view, now));
}
