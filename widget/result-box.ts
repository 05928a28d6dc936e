import { html, nothing, type TemplateResult } from "lit";
import type { Artifact } from "../protocol/run.ts";
import { markOf } from "./marks.ts";
import type { OutputPart } from "./output.ts";
import { isBusy, type View } from "./run-view.ts";
import { duration, fileSize, statusOf, wakingProgress } from "./words.ts";

export interface BoxOptions {
  /** The page's clock, ms. */
  now: number;
  server: string;
  /** Pixels the box keeps from the run before. */
  leastHeight: number;
  wrapped: boolean;
  toggleWrap: () => void;
}

/** Everything below the code. It is in the page before it has content, so that its news are announced. */
export function resultBox(view: View, options: BoxOptions): TemplateResult {
  const status = statusOf(view, options.now);
  const { waking } = view;
  return html`<div class="opening ${status ? "open" : ""}">
    <div class="result" .style=${`min-height:${options.leastHeight}px`}>
      <div class="line">
        ${status ? markOf(status.mark) : nothing}
        <div class="status" part="status" role="status">
          ${status?.text} ${status?.note ? html`<span class="note">${status.note}</span>` : nothing}
        </div>
        ${
          isBusy(view)
            ? html`<span class="elapsed">${duration((options.now - view.pressedAt) / 1000)}</span>`
            : nothing
        }
      </div>
      ${
        waking?.usual
          ? html`<div class="progress" aria-hidden="true">
              <i
                .style=${`width:${100 * wakingProgress(waking.startedAt, waking.usual.p50_s, options.now)}%`}
              ></i>
            </div>`
          : nothing
      }
      ${outputOf(view, options)} ${artifactsOf(view, options.server)} ${footOf(view, options)}
    </div>
  </div>`;
}

function outputOf(view: View, options: BoxOptions): TemplateResult | typeof nothing {
  const { parts, dropped } = view.output;
  if (parts.length === 0) {
    const silent = view.state === "succeeded" || view.state === "failed";
    return silent ? html`<p class="silent">The program printed nothing.</p>` : nothing;
  }
  const whole =
    view.ending && view.run ? link(view.run.result_url, options.server, "All of it") : nothing;
  return html`<div
    class="output ${options.wrapped ? "wrapped" : ""} ${view.state === "retrying" ? "void" : ""}"
    part="output"
    role="group"
    aria-label="Output"
    tabindex="0"
  >
    ${dropped > 0 ? cutRule(`${fileSize(dropped)} of earlier output left this page.`, whole) : nothing}
    ${parts.map((part) => piece(part, whole))}
  </div>`;
}

/** A line that may not fit; the toggle is not shown for the many programs that print short ones. */
const LONG_LINE = /.{60}/;

function footOf(view: View, options: BoxOptions): TemplateResult {
  const { ending, refusal, run, output } = view;
  const code = refusal?.code ?? ending?.reason?.code;
  return html`<div class="foot">
    ${
      code
        ? html`<details>
            <summary>Technical code</summary>
            <code>${code}</code>
          </details>`
        : nothing
    }
    ${
      output.parts.some(({ text }) => LONG_LINE.test(text))
        ? html`<label
            ><input type="checkbox" .checked=${options.wrapped} @change=${options.toggleWrap} />Wrap
            lines</label
          >`
        : nothing
    }
    ${ending && run ? link(run.result_url, options.server, "Lasting result") : nothing}
  </div>`;
}

function piece({ stream, text, cut }: OutputPart, whole: unknown): TemplateResult {
  // White space is kept inside: none may stand between the element and its text.
  return html`${cut > 0 ? cutRule(`${fileSize(cut)} left out here: past the output limit.`, whole) : nothing}
    <pre class=${stream}>${text}</pre>`;
}

function cutRule(sentence: string, whole: unknown): TemplateResult {
  return html`<div class="cut" role="separator" aria-label=${sentence}></div>
    <p class="cut-words">${sentence} ${whole}</p>`;
}

const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

function artifactsOf(view: View, server: string): TemplateResult | typeof nothing {
  const { ending } = view;
  if (!ending || (ending.artifacts.length === 0 && ending.truncated.artifacts === 0))
    return nothing;
  return html`<ul class="artifacts" part="artifacts" aria-label="Files">
      ${ending.artifacts.map((artifact) => html`<li>${artifactLink(artifact, server)}</li>`)}
    </ul>
    ${
      ending.truncated.artifacts > 0
        ? html`<p class="silent">
            ${ending.truncated.artifacts} more left out: past the limit on files.
          </p>`
        : nothing
    }`;
}

function artifactLink({ name, type, size, url }: Artifact, server: string): TemplateResult {
  const href = webUrl(url, server);
  return html`<a href=${href} target="_blank" rel="noopener noreferrer"
    >${PICTURES.includes(type) ? html`<img src=${href} alt="" loading="lazy" />` : nothing}<span
      >${name}</span
    ><small>${fileSize(size)}</small></a
  >`;
}

function link(url: string, server: string, words: string): TemplateResult {
  return html`<a href=${webUrl(url, server)} target="_blank" rel="noopener noreferrer"
    >${words}</a
  >`;
}

/** A server's answer names addresses; nothing but a web address may become a link. */
function webUrl(url: string, server: string): string {
  const resolved = URL.canParse(url, server) ? new URL(url, server) : undefined;
  return resolved && /^https?:$/.test(resolved.protocol) ? resolved.href : "about:blank";
}
