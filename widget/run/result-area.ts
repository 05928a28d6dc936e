import { html, nothing, type LitElement, type TemplateResult } from "lit";
import type { ShownClaims } from "../element/claims.ts";
import type { PageLanguage } from "../element/page-language.ts";
import { isBusy, type View } from "../element/view.ts";
import { stopButton } from "../element/stop-button.ts";
import { recordedSlot } from "../element/recorded-slot.ts";
import { resultBox } from "./result-box.ts";
import { statusLine } from "./status-line.ts";
import { otherStates } from "./other-states-part.ts";
import { isPlain, plainStatus } from "./plain-status.ts";
import { plainWordingOf } from "./plain-wording.ts";

export interface ResultOptions {
  view: View;
  claims: ShownClaims;
  server: string;
  language: PageLanguage;
  /** What tells the block from others of its page. */
  name: string;
  /** The page's clock, ms. */
  now: number;
  /** Height of the last result, in px. */
  height: number;
  /** The author's font of code, as declarations of custom properties. */
  codeFont: string;
  /** The element: an update of it draws the result again. */
  host: LitElement;
  draft: { edited: string | undefined };
  /** Another block of the page says how the same server's machine wakes. */
  wakingElsewhere: boolean;
  /** The page holds output that was recorded earlier. */
  recorded: boolean;
  /** What a result is of, if not of the code that is shown: `edited` is the reader's code that ran. */
  resultNote: (edited: string | undefined) => string | undefined;
  stop: () => void;
}

/** The status line, and the result below it. */
export function resultArea(options: ResultOptions): TemplateResult {
  const { claims, now, server, host, draft, stop } = options;
  const view = waitingView(options);
  const { spoken } = options.language;
  const wording = plainWordingOf(spoken);
  const isOther = !isPlain(view) || (claims.show === "table" && view.ending);
  const others = isOther ? otherStates(() => host.requestUpdate()) : undefined;
  const status = others
    ? others.statusOf(view, now, others.wordingOf(spoken), claims)
    : plainStatus(view, wording);
  const busy = isBusy(view);
  const elapsedS = Math.max(0, now - view.pressedAt) / 1000;
  const replaced = isReplaced(view);
  const recorded = options.recorded && !replaced;
  const note = (replaced || recorded) && options.resultNote(view.edited);
  // A success is one line below its output; the line above it closes.
  const isQuiet = view.state === "succeeded";
  const box = { wording, now, server, claims, host, isAuthors: draft.edited === undefined };
  return html`<div class="opening ${status || replaced || recorded ? "open" : ""}">
    <div
      class="result ${isQuiet ? "quiet" : ""}"
      .style=${`min-height:${busy ? options.height : 0}px;${options.codeFont}`}
    >
      <div class="telling">
        ${
          status &&
          statusLine({
            status,
            path: others?.pathOf(status.mark),
            slot: isQuiet ? "" : `message-${view.state}`,
            elapsed: busy ? wording.format.duration(elapsedS) : undefined,
            stop: busy ? stopButton(wording.page, options.name, stop) : nothing,
          })
        }
      </div>
      ${note ? html`<p class="changed" part="changed"><bdi>${note}</bdi></p>` : nothing}
      ${recordedSlot(recorded ? wording.page.recorded : undefined, replaced)}
      ${resultBox(
        view,
        box,
        others &&
          ((shown, tools) =>
            others.otherResult(view, shown, { ...box, wording: others.wordingOf(spoken) }, tools)),
      )}
    </div>
  </div>`;
}

/** One block of those that wait for the same server's machine says how it wakes. */
function waitingView({ view, wakingElsewhere }: ResultOptions): View {
  return wakingElsewhere ? { ...view, waking: undefined, wakingElsewhere } : view;
}

/** Whether a run, or a stored result, shows something in place of the output that the page holds. */
function isReplaced({ earlier, output, ending }: View): boolean {
  const failed = ending?.state === "errored" || ending?.state === "canceled";
  return earlier !== undefined || output.parts.length > 0 || (ending !== undefined && !failed);
}
