import { html, nothing, type TemplateResult } from "lit";
import type { Block } from "../element/block.ts";
import { stopButton } from "../element/buttons.ts";
import { isBusy, type View } from "../element/view.ts";
import type { ReadingPosition } from "./reading-position.ts";
import { resultBox } from "./result-box.ts";
import { statusLine } from "./status-line.ts";
import { otherStates } from "./other-states-part.ts";
import { isPlain, plainStatus } from "./plain-status.ts";
import { plainWordingOf } from "./plain-wording.ts";

export interface ResultOptions {
  /** The page's clock, ms. */
  now: number;
  position: ReadingPosition;
}

/** The status line, and the result below it. */
export function resultArea(block: Block, options: ResultOptions): TemplateResult {
  const { claims, host, server, features, language } = block;
  const { now, position } = options;
  const { spoken } = language;
  const isOther = !isPlain(block.view, now) || (claims.show === "table" && block.view.ending);
  const others = isOther ? otherStates(() => host.requestUpdate()) : undefined;
  const all = others?.wordingOf(spoken);
  const wording = all ?? plainWordingOf(spoken);
  const view = others ? others.wakingView(block) : block.view;
  const status =
    others && all ? others.statusOf(view, now, all, claims) : plainStatus(view, wording);
  const busy = isBusy(view);
  const elapsedS = Math.max(0, now - view.pressedAt) / 1000;
  const replaced = isReplaced(view);
  const recorded = features?.isRecorded === true && !replaced;
  const note = (replaced || recorded) && features?.resultNote(view.edited);
  // A success is one line below its output; the line above it closes.
  const isQuiet = view.state === "succeeded";
  const isAuthors = features?.editor?.edited === undefined;
  const box = { wording, now, server, claims, host, isAuthors };
  return html`<div class="opening ${status || replaced || recorded ? "open" : ""}">
    <div
      class="result ${isQuiet ? "quiet" : ""}"
      .style=${`--dr-height:${position.height}px;min-height:${busy ? "var(--dr-height)" : 0};${position.codeFont}`}
    >
      <div class="telling">
        ${
          status &&
          statusLine({
            status,
            path: others?.pathOf(status.mark),
            details: others?.detailsOf(status),
            slot: isQuiet ? "" : `message-${view.state}`,
            // A run that is over at once has none, and its request waits for no number format.
            elapsed: busy && elapsedS >= 0.1 ? wording.format.duration(elapsedS) : undefined,
            stop: busy ? stopButton(block) : nothing,
          })
        }
      </div>
      ${note ? html`<p class="changed" part="changed"><bdi>${note}</bdi></p>` : nothing}
      ${features?.renderRecorded(replaced)}
      ${resultBox(
        view,
        box,
        others &&
          all &&
          ((shown, tools) => others.otherResult(view, shown, { ...box, wording: all }, tools)),
      )}
    </div>
  </div>`;
}

/** Whether a run, or a stored result, shows something in place of the output that the page holds. */
function isReplaced({ earlier, output, ending }: View): boolean {
  const failed = ending?.state === "errored" || ending?.state === "canceled";
  return earlier !== undefined || output.parts.length > 0 || (ending !== undefined && !failed);
}
