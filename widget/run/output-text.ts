import { html, nothing, type TemplateResult } from "lit";
import type { OutputPart, OutputSpan, Shown } from "../element/view.ts";
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
  const { stream, text, spans, cut } = part;
  const { wording, limitKiB, whole } = options;
  const { format, run } = wording;
  const height = isLong ? `--lines:${text.split("\n").length}` : nothing;
  const content = spans || error ? segments(part, error, options) : text;
  // `pre`: the template may have no white space around the text.
  return html`${cut > 0 ? cutRule(run.output.cut(format.size(cut), limitKiB), whole) : nothing}
    <pre class="${stream} ${isLong ? "long" : ""}" .style=${height}>${content}</pre>`;
}

/** The piece in its looks, with a link where the error names a line. */
function segments(
  { text, spans = [{ length: text.length }] }: OutputPart,
  error: ErrorPlace | undefined,
  { goToLine, wording }: OutputTextOptions,
): unknown[] {
  const { start, end } = error ?? { start: text.length, end: text.length };
  const shown: unknown[] = [];
  let at = 0;
  const add = (to: number, look: OutputSpan["look"]) => {
    if (to > at) shown.push(styled(text.slice(at, to), look));
    at = Math.max(at, to);
  };
  for (const { length, look } of spans) {
    const spanEnd = at + length;
    // The link takes the look of its beginning away: it has its own.
    if (at <= start && start < spanEnd) {
      add(start, look);
      shown.push(
        html`<button
          class="line-link"
          type="button"
          title=${wording.run.output.goToLine}
          .textContent=${text.slice(start, end)}
          @click=${goToLine}
        ></button>`,
      );
      at = end;
    }
    add(spanEnd, look);
  }
  return shown;
}

function styled(text: string, look: OutputSpan["look"]): unknown {
  const style = look && loadedTerminal()?.lookStyle(look);
  return style ? html`<span class=${style.classes} .style=${style.style}>${text}</span>` : text;
}

function cutRule(sentence: string, whole: unknown): TemplateResult {
  return html`<div class="cut" role="separator" aria-label=${sentence}></div>
    <p class="cut-words"><bdi>${sentence}</bdi> ${whole}</p>`;
}
