import { html, nothing, type TemplateResult } from "lit";
import type { View } from "../element/view.ts";
import { addStyles } from "../element/add-styles.ts";
import { loadedTerminal } from "./output.ts";
import { shownOf } from "./page-view.ts";
import { outputText } from "./output-text.ts";
import { resultFoot } from "./result-foot.ts";
import type { BoxOptions, MakeOther } from "./result-options.ts";
import { resultTools } from "./result-tools.ts";

/** The progress bar, output, files and notes below the status line. */
export function resultBox(view: View, options: BoxOptions, makeOther: MakeOther): TemplateResult {
  const { claims, wording } = options;
  const shown = shownOf(view);
  const tools = resultTools(options.host);
  const other = makeOther?.(shown, tools);
  const terminal = loadedTerminal();
  if (terminal) addStyles(tools.root, terminal.terminalStyles);
  // The output of a table is not shown as text while the table loads.
  const isText = other ? !other.isOutputTable : claims.show !== "table" || !shown.ending;
  return html`${other?.progress}
    <div class="shown ${view.earlier && view.state !== "idle" ? "earlier" : ""}">
      ${other?.age} ${other?.files} ${other?.table}
      ${
        isText && shown.output.parts.length > 0
          ? outputText({
              shown,
              wrapped: tools.wrapped,
              isVoid: view.state === "retrying",
              wording,
              cuts: other?.cuts,
              drawPiece: other?.drawPiece,
            })
          : nothing
      }
      ${other?.notes} ${other?.links}
      ${resultFoot({ ...options, view, shown, tools, isText, technical: other?.technical })}
    </div>`;
}
