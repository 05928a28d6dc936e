import { html, nothing, type TemplateResult } from "lit";
import type { ShownClaims } from "../element/claims.ts";
import type { Shown, View } from "../element/view.ts";
import { webUrl } from "../element/web-url.ts";
import { successLine } from "./success-line.ts";
import type { ResultTools } from "./result-tools.ts";
import type { PlainWording } from "./plain-wording.ts";

export interface FootOptions {
  wording: PlainWording;
  view: View;
  shown: Shown;
  claims: ShownClaims;
  server: string;
  tools: ResultTools;
  /** The output is shown as text: it can be copied and wrapped. */
  isText: boolean;
  /** The code of an error. */
  technical: unknown;
}

/** Length of a line that may not fit. Without such a line there is nothing to wrap. */
const LONG_LINE = /^.{60}/m;

/** The quiet line below a result: how it ended, and what a reader can do with it. */
export function resultFoot(options: FootOptions): TemplateResult {
  const { wording, view, shown, claims, server, tools, isText } = options;
  const { output, ...run } = wording.run;
  const { parts } = shown.output;
  const hasText = isText && parts.length > 0;
  const canEnlarge =
    document.fullscreenEnabled && (parts.length > 0 || shown.ending?.artifacts.length);
  return html`<div class="foot" part="foot">
    ${successLine(view, claims, wording)}
    ${
      hasText && navigator.clipboard
        ? html`<button
            type="button"
            @click=${() => tools.copy(parts.map(({ text }) => text).join(""))}
          >
            <bdi>${tools.copied ? output.copied : output.copy}</bdi>
          </button>`
        : nothing
    }
    ${
      hasText && parts.some(({ text }) => LONG_LINE.test(text))
        ? html`<button type="button" aria-pressed=${tools.wrapped} @click=${tools.toggleWrap}>
            <bdi>${output.wrap}</bdi>
          </button>`
        : nothing
    }
    ${
      canEnlarge
        ? html`<button type="button" @click=${tools.toggleEnlarged}>
            <bdi>${tools.enlarged ? output.leaveFullScreen : output.fullScreen}</bdi>
          </button>`
        : nothing
    }
    ${
      shown.ending && shown.result_url
        ? html`<a href=${webUrl(shown.result_url, server)} target="_blank" rel="noopener noreferrer"
            ><bdi>${run.resultLink}</bdi></a
          >`
        : nothing
    }
    ${options.technical}
  </div>`;
}
