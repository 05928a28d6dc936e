import { html, nothing, type TemplateResult } from "lit";
import type { OutputPart, Shown } from "../element/view.ts";
import type { ErrorPlace } from "./error-line.ts";
import { loadedTerminal } from "./output.ts";
import type { Wording } from "./wording.ts";

export interface OutputTextOptions {
  wording: Wording;
  shown: Shown;
  wrapped: boolean;
  /** The output is of an attempt that was lost. */
  isVoid: boolean;
  limitKiB: number;
  /** Leads to the whole output. */
  whole: unknown;
  error: ErrorPlace | undefined;
  goToLine: () => void;
}

/** What the program printed, in pieces: browsers lay out those in view. */
export function outputText(options: OutputTextOptions): TemplateResult {
  const { wording, shown, wrapped, isVoid, limitKiB, whole, error } = options;
  const { output } = wording.run;
  const { size } = wording.format;
  const { parts, dropped, lost = 0 } = shown.output;
  const left =
    lost > 0
      ? output.droppedAndCut(size(dropped), size(lost), limitKiB)
      : output.dropped(size(dropped));
  return html`<div
    class="output ${wrapped ? "wrapped" : ""} ${isVoid ? "void" : ""}"
    part="output"
    role="group"
    aria-label=${output.name}
    tabindex="0"
    dir="ltr"
  >
    ${dropped > 0 ? cutRule(left, whole) : nothing}
    ${parts.map((part, index) => {
      const isLong = part.text.length > LONG_PIECE && index < parts.length - ALWAYS_LAID_OUT;
      return piece(part, isLong, index === error?.part ? error : undefined, options);
    })}
  </div>`;
}

/** From this size a piece that is out of view is not laid out, so its height is an estimate. */
const LONG_PIECE = 2_000;
/** Pieces at the end, whose height has to be right for scrolling to the end. */
const ALWAYS_LAID_OUT = 2;

function piece(
  part: OutputPart,
  isLong: boolean,
  error: ErrorPlace | undefined,
  options: OutputTextOptions,
): TemplateResult {
  const { stream, text, cut } = part;
  const { wording, limitKiB, whole } = options;
  const { format, run } = wording;
  const height = isLong ? `--lines:${text.split("\n").length}` : nothing;
  const content = error ? withLink(part, error, options) : styled(part);
  // `pre`: the template may have no white space around the text.
  return html`${cut > 0 ? cutRule(run.output.cut(format.size(cut), limitKiB), whole) : nothing}
    <pre class="${stream} ${isLong ? "long" : ""}" .style=${height}>${content}</pre>`;
}

/** A piece with a link where the error names a line. */
function withLink(
  part: OutputPart,
  { start, end }: ErrorPlace,
  { goToLine, wording }: OutputTextOptions,
): unknown[] {
  const between = (from: number, to: number): unknown => {
    const { spans, ...rest } = part;
    const within = spans && loadedTerminal()?.spansBetween(part, from, to);
    return styled({ ...rest, text: part.text.slice(from, to), ...(within && { spans: within }) });
  };
  return [
    between(0, start),
    html`<button
      class="line-link"
      type="button"
      title=${wording.run.output.goToLine}
      .textContent=${part.text.slice(start, end)}
      @click=${goToLine}
    ></button>`,
    between(end, part.text.length),
  ];
}

function styled(part: OutputPart): unknown {
  return (part.spans && loadedTerminal()?.drawSpans(part)) ?? part.text;
}

function cutRule(sentence: string, whole: unknown): TemplateResult {
  return html`<div class="cut" role="separator" aria-label=${sentence}></div>
    <p class="cut-words"><bdi>${sentence}</bdi> ${whole}</p>`;
}
