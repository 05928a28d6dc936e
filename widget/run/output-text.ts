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
  const { wording, shown, wrapped, isVoid, cuts } = options;
  const { parts } = shown.output;
  return html`<div
    class="output ${wrapped ? "wrapped" : ""} ${isVoid ? "void" : ""}"
    part="output"
    role="group"
    aria-label=${wording.run.output.name}
    tabindex="0"
    dir="ltr"
  >
    ${cuts?.first(shown.output)} ${parts.map((part, index) => piece(part, index, options))}
  </div>`;
}

function piece(part: OutputPart, index: number, options: OutputTextOptions): TemplateResult {
  const { shown, cuts, drawPiece } = options;
  const lines = loadedTerminal()?.linesOutOfView(shown.output.parts, index);
  const content = (drawPiece?.(index) ?? styled)(part);
  // `pre`: the template may have no white space around the text.
  return html`${cuts?.above(part)}
    <pre
      class="${part.stream} ${lines ? "long" : ""}"
      .style=${lines ? `--lines:${lines}` : nothing}
    >
${content}</pre>`;
}

/** The text of a piece, in its colours. */
export function styled(part: OutputPart): unknown {
  return (part.spans && loadedTerminal()?.drawSpans(part)) ?? part.text;
}
