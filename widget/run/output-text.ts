import { html, nothing, type TemplateResult } from "lit";
import type { OutputPart, Shown } from "../element/view.ts";
import type { CutRules } from "./cut-rules.ts";
import { loadedTerminal } from "./output.ts";
import type { PlainWording } from "./plain-wording.ts";

/** How the piece of a number is drawn that holds more than text; undefined: as text. */
export type DrawPiece = (index: number) => ((part: OutputPart) => unknown) | undefined;

export interface OutputTextOptions {
  wording: PlainWording;
  shown: Shown;
  wrapped: boolean;
  /** The output is of an attempt that was lost. */
  isVoid: boolean;
  /** Absent: no output is missing. */
  cuts: CutRules | undefined;
  /** Absent: all pieces are text. */
  drawPiece: DrawPiece | undefined;
}

/** What the program printed, in pieces: browsers lay out those in view. */
export function outputText(options: OutputTextOptions): TemplateResult {
  const { wording, shown, wrapped, isVoid, cuts, drawPiece } = options;
  const { parts } = shown.output;
  return html`<div
    class="output ${wrapped ? "wrapped" : ""} ${isVoid ? "void" : ""}"
    part="output"
    role="group"
    aria-label=${wording.run.output.name}
    tabindex="0"
    dir="ltr"
  >
    ${cuts?.first(shown.output)}
    ${parts.map((part, index) => {
      const isLong = part.text.length > LONG_PIECE && index < parts.length - ALWAYS_LAID_OUT;
      return piece(part, isLong, drawPiece?.(index), options);
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
  draw: ((part: OutputPart) => unknown) | undefined,
  options: OutputTextOptions,
): TemplateResult {
  const { stream, text } = part;
  const height = isLong ? `--lines:${text.split("\n").length}` : nothing;
  const content = draw ? draw(part) : styled(part);
  // `pre`: the template may have no white space around the text.
  return html`${options.cuts?.above(part)}
    <pre class="${stream} ${isLong ? "long" : ""}" .style=${height}>${content}</pre>`;
}

/** The text of a piece, in its colours. */
export function styled(part: OutputPart): unknown {
  return (part.spans && loadedTerminal()?.drawSpans(part)) ?? part.text;
}
