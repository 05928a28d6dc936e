import { html, nothing, type TemplateResult } from "lit";
import { DEFAULT_LIMITS, LIMIT_CEILINGS } from "../../protocol/limit-values.ts";
import type { Artifact } from "../../protocol/run.ts";
import { OUTPUT_FILES } from "../../protocol/output-files.ts";
import { MAX_ARTIFACTS, MAX_OUTPUT_FILE_BYTES } from "../../protocol/sizes.ts";
import type { Block } from "../element/block.ts";
import { addStyles } from "../element/add-styles.ts";
import type { Shown, View } from "../element/view.ts";
import { isStored } from "./page-view.ts";
import { webUrl } from "../element/web-url.ts";
import { cutRules } from "./cut-rules.ts";
import { otherPieces } from "./other-pieces.ts";
import { openFollowed } from "./follow-file.ts";
import { filesOf, tableOf, type FoundTable } from "./found-files.ts";
import { otherStyles } from "./other-styles.ts";
import type { OtherOptions, OtherResult } from "./result-options.ts";
import type { ResultTools } from "./result-tools.ts";
import { serverSentence } from "./server-sentence.ts";
import type { Wording } from "./wording.ts";
import { wakingProgress } from "./waking-words.ts";
import { storedNote, withMoments } from "./words.ts";

export function otherResult(
  block: Block,
  view: View,
  shown: Shown,
  wording: Wording,
  now: number,
  tools: ResultTools,
): OtherResult {
  const { host, server, claims, features } = block;
  const isAuthors = features?.editor?.edited === undefined;
  const options: OtherOptions = { wording, host, now, server, claims, isAuthors };
  addStyles(tools.root, otherStyles);
  const table = tableOf(shown, options, tools);
  const files = filesOf(view, shown, options, tools);
  const pieces = otherPieces(shown, options);
  if (!table || table.content !== undefined) openFollowed(options.host, view, files?.openFirst);
  const hasTable = table && table.content !== "no table";
  return {
    progress: progressOf(view, options),
    age: ageOf(view, options),
    files: files?.inPlace,
    table: hasTable ? table.content : nothing,
    isOutputTable: hasTable === true && table.from === "output",
    cuts: cutRules({
      wording: options.wording,
      limitKiB: limitOf("output_kb", options),
      whole: wholeLink(shown, options),
    }),
    drawPiece: pieces.draw,
    notes: [
      isSilent(shown) ? noteOf(options.wording.run.output.none) : nothing,
      pieces.paperNote,
      notesOf(shown, table, pieces.errorNote, options.wording),
    ],
    links: [files?.links, leftOutOf(shown, options)],
    technical: technicalOf(view, options.wording),
  };
}

function progressOf({ waking }: View, { now }: OtherOptions): TemplateResult | typeof nothing {
  if (!waking?.usual) return nothing;
  const width = 100 * wakingProgress(waking.startedAt, waking.usual.p50_s, now);
  return html`<div class="progress" part="progress" aria-hidden="true">
    <i .style=${`width:${width}%`}></i>
  </div>`;
}

/** The stored result that is on the page. */
function storedOn(view: View) {
  const { stored, earlier, ending } = view;
  return earlier || (isStored(view) && ending) ? stored : undefined;
}

function ageOf(view: View, { now, wording }: OtherOptions): TemplateResult | typeof nothing {
  const { run, format } = wording;
  const stored = storedOn(view);
  if (!stored) return nothing;
  const ageS = stored.age_s + Math.max(0, now - stored.heardAt) / 1000;
  return html`<p class="age">
    <time datetime=${stored.ended_at} title=${format.moment(stored.ended_at)}
      ><bdi>${run.stored.age(format.ago(ageS))}</bdi></time
    >
    <span><bdi>${storedNote(view, wording)}</bdi></span>
  </p>`;
}

function notesOf(
  { output }: Shown,
  table: FoundTable | undefined,
  ofError: string | undefined,
  { run }: Wording,
): unknown {
  const notes = [
    output.unread && run.output.unread,
    table?.content === "no table" && run.output.noTable,
    ofError,
  ];
  return notes.map((note) => (note ? noteOf(note) : nothing));
}

function isSilent({ output, ending }: Shown): boolean {
  return (
    output.parts.length === 0 &&
    !output.unread &&
    ending?.artifacts.length === 0 &&
    (ending.state === "succeeded" || ending.state === "failed")
  );
}

function noteOf(sentence: string): TemplateResult {
  return html`<p class="silent"><bdi>${sentence}</bdi></p>`;
}

function leftOutOf({ ending }: Shown, options: OtherOptions): TemplateResult | typeof nothing {
  const left = ending?.truncated.artifacts ?? 0;
  if (left === 0) return nothing;
  const { files } = options.wording.run;
  const sentence = files.left(left, MAX_ARTIFACTS, limitOf("artifacts_mb", options));
  return noteOf(sentence);
}

/** Links to the complete output: the result, or past the output limit a file beside it. */
function wholeLink(
  { ending, result_url }: Shown,
  { server, wording: { run, format } }: OtherOptions,
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
function limitOf(name: "output_kb" | "artifacts_mb", { claims }: OtherOptions): number {
  return Math.min(claims.limits?.[name] ?? DEFAULT_LIMITS[name], LIMIT_CEILINGS[name]);
}

/** The code of an error, and the server's English words where the page has said others. */
function technicalOf(view: View, wording: Wording): TemplateResult | typeof nothing {
  const { refusal } = view;
  const reason = view.ending?.reason;
  const code = refusal?.code ?? reason?.code;
  const english = refusal?.title ?? reason?.message;
  if (!code || !english) return nothing;
  const isTranslated = serverSentence(code, english, wording, refusal?.translated).isTranslated;
  const original = [english, refusal?.detail].filter(Boolean).join(" ");
  return html`<details>
    <summary><bdi>${wording.run.technical}</bdi></summary>
    <code dir="ltr">${code}</code>
    ${isTranslated ? html`<p lang="en" dir="ltr">${withMoments(original, wording)}</p>` : nothing}
  </details>`;
}
