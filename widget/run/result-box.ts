import { html, nothing, type LitElement, type TemplateResult } from "lit";
import { DEFAULT_LIMITS, LIMIT_CEILINGS } from "../../protocol/limit-values.ts";
import type { Artifact } from "../../protocol/run.ts";
import { MAX_ARTIFACTS, MAX_OUTPUT_FILE_BYTES, OUTPUT_FILES } from "../../protocol/sizes.ts";
import type { ShownClaims } from "../element/claims.ts";
import { isStored, shownOf, type Shown, type View } from "../element/view.ts";
import { addStyles } from "../element/add-styles.ts";
import { lazyPart } from "../element/lazy-part.ts";
import { webUrl } from "../element/web-url.ts";
import { outputText } from "./output-text.ts";
import { resultFoot } from "./result-foot.ts";
import { resultTools, type ResultTools } from "./result-tools.ts";
import { whenLoaded } from "./when-loaded.ts";
import type { Wording } from "./wording.ts";
import { storedNote, wakingProgress } from "./words.ts";

export interface BoxOptions {
  wording: Wording;
  /** The element: an update of it draws the result again. */
  host: LitElement;
  /** The page's clock, ms. */
  now: number;
  server: string;
  claims: ShownClaims;
  /** The program is the author's own: the page shows its lines. */
  isAuthors: boolean;
}

const filesPart = whenLoaded(lazyPart(() => import("./files.ts")));
const tablePart = whenLoaded(lazyPart(() => import("./show-table.ts")));

/** The progress bar, output, files and notes below the status line. */
export function resultBox(view: View, options: BoxOptions): TemplateResult {
  const { waking } = view;
  const shown = shownOf(view);
  const tools = resultTools(options.host);
  const error = tools.errorOf({ ...options, view });
  const table = tableOf(shown, options, tools);
  const files = filesOf(view, shown, options, tools);
  tools.followTo(view, table && table.content === undefined ? undefined : files?.openFirst);
  const isText = table?.from !== "output" || table.content === "no table";
  return html`${
      waking?.usual
        ? html`<div class="progress" part="progress" aria-hidden="true">
            <i
              .style=${`width:${100 * wakingProgress(waking.startedAt, waking.usual.p50_s, options.now)}%`}
            ></i>
          </div>`
        : nothing
    }
    <div
      class="shown ${view.earlier && view.state !== "idle" ? "earlier" : ""}"
      @fullscreenchange=${tools.fullScreenChanged}
    >
      ${ageOf(view, options)} ${files?.inPlace}
      ${table && table.content !== "no table" ? table.content : nothing}
      ${
        isText && shown.output.parts.length > 0
          ? outputText({
              shown,
              wrapped: tools.wrapped,
              isVoid: view.state === "retrying",
              wording: options.wording,
              limitKiB: limitOf("output_kb", options),
              whole: wholeLink(shown, options),
              error,
              goToLine: tools.goToLine,
            })
          : nothing
      }
      ${notesOf(shown, table, options.wording)} ${files?.links} ${leftOutOf(shown, options)}
      ${resultFoot({ ...options, view, shown, tools, isText })}
    </div>`;
}

function ageOf(view: View, { now, wording }: BoxOptions): TemplateResult {
  const { stored, earlier, ending } = view;
  const { run, format } = wording;
  const told = stored && (earlier || (isStored(view) && ending)) ? stored : undefined;
  return html`<p class="age">
    ${
      told
        ? html`<time datetime=${told.ended_at} title=${format.moment(told.ended_at)}
            ><bdi
              >${run.stored.age(format.ago(told.age_s + Math.max(0, now - told.heardAt) / 1000))}</bdi
            ></time
          >`
        : nothing
    }
    <span><bdi>${told ? storedNote(view, wording) : nothing}</bdi></span>
  </p>`;
}

/** The files of an ended run, and the function that opens the first. */
function filesOf(
  { earlier, stored, run }: View,
  { ending }: Shown,
  { claims, server, wording }: BoxOptions,
  { root, update }: ResultTools,
) {
  const { artifacts = [] } = ending ?? {};
  const part = artifacts.length > 0 ? filesPart(update) : undefined;
  if (!part) return undefined;
  addStyles(root, part.fileStyles);
  const options = {
    ...{ artifacts, claims, server, wording },
    run: earlier ? stored?.id : run?.id,
  };
  return {
    inPlace: part.filesInPlace(options),
    links: part.fileLinks(options),
    openFirst: () => part.openFirst(root),
  };
}

interface FoundTable {
  from: "output" | "file";
  content: HTMLElement | "no table" | undefined;
}

/** The table that the block's `show` promises, once the run ended. */
function tableOf(
  { ending, output }: Shown,
  { claims, server, wording }: BoxOptions,
  tools: ResultTools,
): FoundTable | undefined {
  if (claims.show !== "table" || !ending) return undefined;
  const part = tablePart(tools.update);
  const file = part?.shownTable(ending.artifacts);
  if (!file && output.parts.length === 0) return undefined;
  if (part) addStyles(tools.root, part.tableStyles);
  const words = {
    label: file?.name ?? wording.run.output.name,
    showAll: wording.run.output.allRows,
  };
  const content = part?.showTable(
    file ? part.fileSource(file, webUrl(file.url, server)) : output.parts,
    words,
    tools.update,
  );
  return { from: file ? "file" : "output", content };
}

function notesOf(
  { output, ending }: Shown,
  table: FoundTable | undefined,
  { run }: Wording,
): unknown {
  const { parts, unread } = output;
  const silent =
    parts.length === 0 &&
    ending?.artifacts.length === 0 &&
    (ending.state === "succeeded" || ending.state === "failed");
  const notes = [
    unread && run.output.unread,
    silent && !unread && run.output.none,
    table?.content === "no table" && run.output.noTable,
  ];
  return notes.map((note) => (note ? html`<p class="silent"><bdi>${note}</bdi></p>` : nothing));
}

function leftOutOf({ ending }: Shown, options: BoxOptions): TemplateResult | typeof nothing {
  const left = ending?.truncated.artifacts ?? 0;
  if (left === 0) return nothing;
  const { files } = options.wording.run;
  const sentence = files.left(left, MAX_ARTIFACTS, limitOf("artifacts_mb", options));
  return html`<p class="silent"><bdi>${sentence}</bdi></p>`;
}

/** Links to the complete output: the result, or past the output limit a file beside it. */
function wholeLink(
  { ending, result_url }: Shown,
  { server, wording: { run, format } }: BoxOptions,
): TemplateResult | typeof nothing {
  const { artifacts = [], truncated } = ending ?? {};
  const cut = truncated ? truncated.stdout + truncated.stderr : 0;
  if (cut === 0) {
    return ending && result_url ? link(result_url, server, run.output.all) : nothing;
  }
  const file = outputFile(artifacts, cut);
  if (!file) return nothing;
  const whole = file.size < MAX_OUTPUT_FILE_BYTES;
  return link(file.url, server, whole ? run.output.all : run.output.first(format.size(file.size)));
}

function outputFile(artifacts: readonly Artifact[], cut: number): Artifact | undefined {
  return OUTPUT_FILES.map((name) =>
    // The program may have left a file of the same name.
    artifacts.find(
      (artifact) =>
        artifact.name === name && artifact.size > Math.min(cut, MAX_OUTPUT_FILE_BYTES - 1),
    ),
  ).findLast((found) => found !== undefined);
}

function link(url: string, server: string, words: string): TemplateResult {
  return html`<a href=${webUrl(url, server)} target="_blank" rel="noopener noreferrer"
    ><bdi>${words}</bdi></a
  >`;
}

/** Returns the limit that the server applies to this block. */
function limitOf(name: "output_kb" | "artifacts_mb", { claims }: BoxOptions): number {
  return Math.min(claims.limits?.[name] ?? DEFAULT_LIMITS[name], LIMIT_CEILINGS[name]);
}
