import { html, nothing, type TemplateResult } from "lit";
import { addStyles } from "../element/add-styles.ts";
import { loadedTerminal } from "./output.ts";
import { outputText } from "./output-text.ts";
import { resultFoot } from "./result-foot.ts";
import type { BoxOptions } from "./result-options.ts";

/** The progress bar, output, files and notes below the status line. */
export function resultBox(options: BoxOptions): TemplateResult {
  const { block, view, shown, tools, other } = options;
  const terminal = loadedTerminal();
  if (terminal) addStyles(tools.root, terminal.terminalStyles);
  // The output of a table is not shown as text while the table loads.
  const isText = other ? !other.isOutputTable : block.claims.show !== "table" || !shown.ending;
  return html`${other?.progress}
    <div class="shown ${view.earlier && view.state !== "idle" ? "earlier" : ""}">
      ${other?.age} ${other?.files} ${other?.table}
      ${isText && shown.output.parts.length > 0 ? outputText(options) : nothing} ${other?.notes}
      ${other?.links} ${resultFoot(options, isText)}
    </div>`;
}
