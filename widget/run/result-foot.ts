import { html, nothing, type TemplateResult } from "lit";
import type { ShownClaims } from "../element/claims.ts";
import type { Shown, View } from "../element/view.ts";
import { webUrl } from "../element/web-url.ts";
import { successLine } from "./success-line.ts";
import type { ResultTools } from "./result-tools.ts";

export interface FootOptions {
  view: View;
  shown: Shown;
  claims: ShownClaims;
  server: string;
  tools: ResultTools;
  /** The output is shown as text: it can be copied and wrapped. */
  isText: boolean;
}

/** Length of a line that may not fit. Without such a line there is nothing to wrap. */
const LONG_LINE = /^.{60}/m;

/** The quiet line below a result: how it ended, and what a reader can do with it. */
export function resultFoot(options: FootOptions): TemplateResult {
  const { view, shown, claims, server, tools, isText } = options;
  const { parts } = shown.output;
  const hasText = isText && parts.length > 0;
  const code = view.refusal?.code ?? view.ending?.reason?.code;
  const canEnlarge =
    document.fullscreenEnabled && (parts.length > 0 || shown.ending?.artifacts.length);
  return html`<div class="foot" part="foot">
    ${successLine(view, claims)}
    ${
      hasText && navigator.clipboard
        ? html`<button
            type="button"
            @click=${() => tools.copy(parts.map(({ text }) => text).join(""))}
          >
            ${tools.copied ? "Copied" : "Copy"}
          </button>`
        : nothing
    }
    ${
      hasText && parts.some(({ text }) => LONG_LINE.test(text))
        ? html`<button type="button" aria-pressed=${tools.wrapped} @click=${tools.toggleWrap}>
            Wrap lines
          </button>`
        : nothing
    }
    ${
      canEnlarge
        ? html`<button type="button" @click=${tools.toggleEnlarged}>
            ${tools.enlarged ? "Leave full screen" : "Full screen"}
          </button>`
        : nothing
    }
    ${
      shown.ending && shown.result_url
        ? html`<a href=${webUrl(shown.result_url, server)} target="_blank" rel="noopener noreferrer"
            >Lasting result</a
          >`
        : nothing
    }
    ${
      code
        ? html`<details>
            <summary>Technical code</summary>
            <code>${code}</code>
          </details>`
        : nothing
    }
  </div>`;
}
