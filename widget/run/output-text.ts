import { html, nothing, type TemplateResult } from "lit";
import type { OutputPart } from "../element/view.ts";
import { loadedTerminal } from "./output.ts";
import type { BoxOptions } from "./result-options.ts";

/** What the program printed, in pieces: browsers lay out those in view. */
export function outputText(options: BoxOptions): TemplateResult {
  const { wording, view, shown, tools, other } = options;
  const { output } = shown;
  // The output of an attempt that was lost is void.
  return html`<div
    class="output ${tools.wrapped ? "wrapped" : ""} ${view.state === "retrying" ? "void" : ""}"
    part="output"
    role="group"
    aria-label=${wording.run.output.name}
    tabindex="0"
    dir="ltr"
  >
    ${other?.cuts.first(output)} ${output.parts.map((part, index) => piece(part, index, options))}
  </div>`;
}

function piece(part: OutputPart, index: number, { shown, other }: BoxOptions): TemplateResult {
  const lines = loadedTerminal()?.linesOutOfView(shown.output.parts, index);
  const content = (other?.drawPiece(index) ?? styled)(part);
  // `pre`: the template may have no white space around the text.
  return html`${other?.cuts.above(part)}
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
