import { html, type TemplateResult } from "lit";
import type { ShownClaims } from "./claims.ts";
import { codeBox } from "./code-box.ts";
import type { PressDraft } from "./press-draft.ts";
import { loadRunPart, type RunPart } from "./run-part.ts";
import { loadingStatus, statusLine } from "./status-line.ts";
import { isBusy, type View } from "./view.ts";

export interface FrameOptions {
  view: View;
  /** Absent until the first press, or the first run that is resumed. */
  part: RunPart | undefined;
  block: string;
  claims: ShownClaims;
  draft: PressDraft;
  label: string;
  server: string;
  /** The page's clock, ms. */
  now: number;
  /** A press asks for a newer result than the stored one on the page. */
  again: boolean;
  /** Height of the last result, in px. */
  height: number;
  wrapped: boolean;
  press: () => void;
  stop: () => void;
  toggleEditor: () => void;
  toggleWrap: () => void;
  slotChanged: () => void;
}

/** The whole element: code, inputs, status and result. */
export function frame(options: FrameOptions): TemplateResult {
  const { claims, draft, press } = options;
  const busy = isBusy(options.view);
  return html`<div
    class="frame"
    part="frame"
    role="group"
    aria-label=${options.label || "Runnable code"}
    @pointerenter=${prefetch}
    @focusin=${prefetch}
  >
    ${codeBox({
      busy,
      again: options.again,
      stored: claims.cache_s !== undefined,
      editable: claims.edit === true,
      edited: draft.edited,
      editor: draft.editor?.codeEditor,
      failed: draft.failed,
      network: claims.limits?.network,
      slotChanged: options.slotChanged,
      press,
      edit: (text) => draft.edit(text),
      toggleEditor: options.toggleEditor,
      inputs:
        claims.inputs &&
        draft.form?.inputsForm(options.block, claims.inputs, {
          set: draft.inputs,
          locked: busy,
          change: () => draft.touch(),
          submit: press,
        }),
    })}
    ${resultArea(options, busy)}
  </div>`;
}

/** The status line, and the result below it once the run part is loaded. */
function resultArea(options: FrameOptions, busy: boolean): TemplateResult {
  const { view, part, now, server, wrapped, toggleWrap, stop } = options;
  const status = part ? part.statusOf(view, now) : loadingStatus(view);
  const elapsedS = Math.max(0, now - view.pressedAt) / 1000;
  return html`<div class="opening ${status ? "open" : ""}">
    <div class="result" .style=${`min-height:${busy ? options.height : 0}px`}>
      ${statusLine({
        status,
        mark: status && part?.markOf(status.mark),
        elapsed: part && busy ? part.duration(elapsedS) : undefined,
        stop: busy ? stop : undefined,
      })}
      ${part?.resultBox(view, { now, server, limits: options.claims.limits, wrapped, toggleWrap })}
    </div>
  </div>`;
}

/** Most readers who point at a block, or focus it, press Run next. */
function prefetch(): void {
  loadRunPart().catch(() => undefined);
}
