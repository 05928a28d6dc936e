import { html, nothing, type TemplateResult } from "lit";
import type { Limits } from "../../protocol/limits.ts";
import { DEFAULT_LIMITS, LIMIT_CEILINGS } from "../../protocol/limit-values.ts";
import type { Artifact } from "../../protocol/run.ts";
import { MAX_ARTIFACTS, MAX_OUTPUT_FILE_BYTES, OUTPUT_FILES } from "../../protocol/sizes.ts";
import { ago, fileSize } from "../../protocol/words.ts";
import { isStored, shownOf, type OutputPart, type Shown, type View } from "../element/view.ts";
import { webUrl } from "../element/web-url.ts";
import type { Wording } from "./wording.ts";
import { storedNote, wakingProgress } from "./words.ts";

export interface BoxOptions {
  wording: Wording;
  /** The page's clock, ms. */
  now: number;
  server: string;
  /** The limits that the block asks for. */
  limits: Limits | undefined;
  wrapped: boolean;
  toggleWrap: () => void;
}

/** The progress bar, output, files and notes below the status line. */
export function resultBox(view: View, options: BoxOptions): TemplateResult {
  const { waking } = view;
  const shown = shownOf(view);
  return html`${
      waking?.usual
        ? html`<div class="progress" aria-hidden="true">
            <i
              .style=${`width:${100 * wakingProgress(waking.startedAt, waking.usual.p50_s, options.now)}%`}
            ></i>
          </div>`
        : nothing
    }
    <div class=${view.earlier ? "earlier" : ""}>
      ${ageOf(view, options)} ${outputOf(view, shown, options)} ${artifactsOf(shown, options)}
    </div>
    ${footOf(view, shown, options)}`;
}

function ageOf(view: View, { now, wording }: BoxOptions): TemplateResult {
  const { stored, earlier, ending } = view;
  const told = stored && (earlier || (isStored(view) && ending)) ? stored : undefined;
  return html`<p class="age">
    ${
      told
        ? html`<time datetime=${told.ended_at} title=${new Date(told.ended_at).toLocaleString()}
            >Result of ${ago(told.age_s + Math.max(0, now - told.heardAt) / 1000)}.</time
          >`
        : nothing
    }
    <span>${told ? storedNote(view, wording) : nothing}</span>
  </p>`;
}

function outputOf(view: View, shown: Shown, options: BoxOptions): TemplateResult | typeof nothing {
  const { parts, dropped, lost = 0, unread } = shown.output;
  const state = shown.ending?.state;
  const silent = parts.length === 0 && (state === "succeeded" || state === "failed");
  const said = unread
    ? "What it printed can’t be read whole from here: the lasting result has it."
    : silent && "The program printed nothing.";
  const sentence = said ? html`<p class="silent">${said}</p>` : nothing;
  if (parts.length === 0) return sentence;
  const whole = wholeLink(shown, options.server);
  const limit = `past the output limit of ${limitOf("output_kb", options)} KiB`;
  return html`<div
      class="output ${options.wrapped ? "wrapped" : ""} ${view.state === "retrying" ? "void" : ""}"
      part="output"
      role="group"
      aria-label="Output"
      tabindex="0"
    >
      ${
        dropped > 0
          ? cutRule(
              `${fileSize(dropped)} of earlier output left this page${lost > 0 ? `, and ${fileSize(lost)} were left out: ${limit}` : ""}.`,
              whole,
            )
          : nothing
      }
      ${parts.map((part) => piece(part, limit, whole))}
    </div>
    ${sentence}`;
}

/** Length of a line that may not fit. Without such a line the toggle is hidden. */
const LONG_LINE = /^.{60}/m;

function footOf({ ending, refusal }: View, shown: Shown, options: BoxOptions): TemplateResult {
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
      shown.output.parts.some(({ text }) => LONG_LINE.test(text))
        ? html`<label
            ><input type="checkbox" .checked=${options.wrapped} @change=${options.toggleWrap} />Wrap
            lines</label
          >`
        : nothing
    }
    ${resultLink(shown, options.server, "Lasting result")}
  </div>`;
}

function piece({ stream, text, cut }: OutputPart, limit: string, whole: unknown): TemplateResult {
  // `pre`: the template may have no white space around the text.
  return html`${cut > 0 ? cutRule(`${fileSize(cut)} left out here: ${limit}.`, whole) : nothing}
    <pre class=${stream}>${text}</pre>`;
}

function cutRule(sentence: string, whole: unknown): TemplateResult {
  return html`<div class="cut" role="separator" aria-label=${sentence}></div>
    <p class="cut-words">${sentence} ${whole}</p>`;
}

const PICTURE = /^image\/(png|jpeg|gif|webp)$/;

function artifactsOf({ ending }: Shown, options: BoxOptions): TemplateResult | typeof nothing {
  if (!ending || (ending.artifacts.length === 0 && ending.truncated.artifacts === 0))
    return nothing;
  return html`<ul class="artifacts" part="artifacts" aria-label="Files">
      ${ending.artifacts.map((artifact) => html`<li>${artifactLink(artifact, options.server)}</li>`)}
    </ul>
    ${
      ending.truncated.artifacts > 0
        ? html`<p class="silent">
            ${ending.truncated.artifacts} more left out: past the limit of ${MAX_ARTIFACTS} files or
            ${limitOf("artifacts_mb", options)} MiB, or no plain files.
          </p>`
        : nothing
    }`;
}

function artifactLink({ name, type, size, url }: Artifact, server: string): TemplateResult {
  const href = webUrl(url, server);
  return html`<a href=${href} target="_blank" rel="noopener noreferrer"
    >${PICTURE.test(type) ? html`<img src=${href} alt="" loading="lazy" />` : nothing}<span
      >${name}</span
    ><small>${fileSize(size)}</small></a
  >`;
}

function resultLink(
  { ending, result_url }: Shown,
  server: string,
  words: string,
): TemplateResult | typeof nothing {
  return ending && result_url ? link(result_url, server, words) : nothing;
}

function link(url: string, server: string, words: string): TemplateResult {
  return html`<a href=${webUrl(url, server)} target="_blank" rel="noopener noreferrer"
    >${words}</a
  >`;
}

/** Links to the complete output: the result, or past the output limit a file beside it. */
function wholeLink(shown: Shown, server: string): TemplateResult | typeof nothing {
  const { artifacts = [], truncated } = shown.ending ?? {};
  const cut = truncated ? truncated.stdout + truncated.stderr : 0;
  if (cut === 0) return resultLink(shown, server, "All of it");
  const file = OUTPUT_FILES.map((name) =>
    // The program may have left a file of the same name.
    artifacts.find(
      (artifact) =>
        artifact.name === name && artifact.size > Math.min(cut, MAX_OUTPUT_FILE_BYTES - 1),
    ),
  ).findLast((found) => found !== undefined);
  if (!file) return nothing;
  const whole = file.size < MAX_OUTPUT_FILE_BYTES;
  return link(file.url, server, whole ? "All of it" : `The first ${fileSize(file.size)} of it`);
}

/** Returns the limit that the server applies to this block. */
function limitOf(name: "output_kb" | "artifacts_mb", { limits }: BoxOptions): number {
  return Math.min(limits?.[name] ?? DEFAULT_LIMITS[name], LIMIT_CEILINGS[name]);
}
