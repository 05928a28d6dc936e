import { html, nothing, type TemplateResult } from "lit";
import type { OutputPart, Shown } from "../element/view.ts";
import type { CutRules } from "./cut-rules.ts";
import { loadedTerminal } from "./output.ts";
import type { PlainWording } from "./plain-wording.ts";

/** The piece of output that names a line of the code. */
export interface ErrorLink {
  /** Its number. */
  part: number;
  /** Its text, with a link to the line. */
  draw: (part: OutputPart) => unknown;
}

export interface OutputTextOptions {
  wording: PlainWording;
  shown: Shown;
  wrapped: boolean;
  /** The output is of an attempt that was lost. */
  isVoid: boolean;
  /** Absent: no output is missing. */
  cuts: CutRules | undefined;
  /** Absent: no piece names a line. */
  error: ErrorLink | undefined;
}

/** What the program printed, in pieces: browsers lay out those in view. */
export function outputText(options: OutputTextOptions): TemplateResult {
  const { wording, shown, wrapped, isVoid, cuts, error } = options;
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
  error: ErrorLink | undefined,
  options: OutputTextOptions,
): TemplateResult {
  const { stream, text } = part;
  const height = isLong ? `--lines:${text.split("\n").length}` : nothing;
  const content = error ? error.draw(part) : styled(part);
  // `pre`: the template may have no white space around the text.
  return html`${options.cuts?.above(part)}
    <pre class="${stream} ${isLong ? "long" : ""}" .style=${height}>${content}</pre>`;
}

/** The text of a piece, in its colours. */
export function styled(part: OutputPart): unknown {
  return (part.spans && loadedTerminal()?.drawSpans(part)) ?? part.text;
}
