import { html, nothing, type TemplateResult } from "lit";
import { lazyPart } from "../element/lazy-part.ts";
import { webUrl } from "../element/web-url.ts";
import type * as resultActions from "./result-actions.ts";
import { successLine } from "./success-line.ts";
import type { BoxOptions } from "./result-options.ts";

const loadActions = lazyPart(() => import("./result-actions.ts"));

/** Length of a line that may not fit. Without such a line there is nothing to wrap. */
const LONG_LINE = /^.{60}/m;

/** The quiet line below a result: how it ended, and what a reader can do with it. `isText`: the output can be copied. */
export function resultFoot(options: BoxOptions, isText: boolean): TemplateResult {
  const { block, wording, shown, tools, other } = options;
  const { output, resultLink } = wording.run;
  const { ending, result_url } = shown;
  const { parts } = shown.output;
  const text = isText ? parts.map((part) => part.text).join("") : "";
  const button = (
    words: string,
    act: (actions: typeof resultActions) => unknown,
    pressed?: boolean,
  ) =>
    html`<button
      type="button"
      aria-pressed=${pressed ?? nothing}
      @click=${() => void loadActions().then(act, () => undefined)}
    >
      <bdi>${words}</bdi>
    </button>`;
  return html`<div class="foot" part="foot" @pointerenter=${prefetch} @focusin=${prefetch}>
    ${successLine(options)}
    ${
      text && navigator.clipboard
        ? button(tools.copied ? output.copied : output.copy, ({ copy }) => copy(tools, text))
        : nothing
    }
    ${
      LONG_LINE.test(text) ? button(output.wrap, ({ wrap }) => wrap(tools), tools.wrapped) : nothing
    }
    ${
      document.fullscreenEnabled && (parts.length > 0 || ending?.artifacts.length)
        ? button(tools.enlarged ? output.leaveFullScreen : output.fullScreen, ({ enlarge }) =>
            enlarge(tools),
          )
        : nothing
    }
    ${
      ending && result_url
        ? html`<a href=${webUrl(result_url, block.server)} target="_blank" rel="noopener noreferrer"
            ><bdi>${resultLink}</bdi></a
          >`
        : nothing
    }
    ${other?.technical}
  </div>`;
}

/** Most readers who come to the tools use one next. */
function prefetch(): void {
  loadActions().catch(() => undefined);
}
