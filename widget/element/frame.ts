import { html, type TemplateResult } from "lit";
import type { ResultOptions } from "../run/result-area.ts";
import { codeBox } from "./code-box.ts";
import type { PressDraft } from "./press-draft.ts";
import { loadRunPart, type RunPart } from "./run-part.ts";
import { waitingLine, waitingWords } from "./waiting-line.ts";
import { isBusy } from "./view.ts";

export interface FrameOptions extends ResultOptions {
  /** Absent until the first press, or the first run that is resumed. */
  part: RunPart | undefined;
  /** What the live region says; undefined: the run part is not loaded. */
  said: string | undefined;
  draft: PressDraft;
  /** A press asks for a newer result than the stored one on the page. */
  again: boolean;
  press: () => void;
  toggleEditor: () => void;
  slotted: (slot: string) => string | undefined;
  slotChanged: () => void;
}

/**
 * The whole element: code, inputs, status and result. The live region is in the page before it has text: screen
 * readers announce changes, not insertions.
 */
export function frame(options: FrameOptions): TemplateResult {
  const { view, part, claims, draft, language, name, press } = options;
  const { tag, page: words } = language.spoken;
  const busy = isBusy(view);
  return html`<div
    class="frame"
    part="frame"
    role="group"
    lang=${tag}
    aria-label=${name}
    @pointerenter=${prefetch}
    @focusin=${prefetch}
  >
    ${codeBox({
      words,
      editorWords: language.spoken.translation?.editor,
      name,
      authors: language.authors,
      busy,
      again: options.again,
      stored: claims.cache_s !== undefined,
      editable: claims.edit === true,
      editor: draft.editor,
      failed: draft.failed,
      network: claims.limits?.network,
      slotted: options.slotted,
      slotChanged: options.slotChanged,
      press,
      toggleEditor: options.toggleEditor,
      inputs: draft.form?.render(busy, language.authors, language.spoken.translation?.inputs),
    })}
    <div class="said" role="status">
      <bdi>${options.said ?? (view.trouble ? waitingWords(view, words) : "")}</bdi>
    </div>
    ${part ? part.resultArea(options) : waitingLine(options)}
  </div>`;
}

/** Most readers who point at a block, or focus it, press Run next. */
function prefetch(): void {
  loadRunPart().catch(() => undefined);
}
