import { html, nothing, type TemplateResult } from "lit";
import type { PageWords } from "../words/words.ts";
import type { Block } from "./block.ts";
import { nameOf, onePress, stopButton } from "./buttons.ts";
import { loadRunPart } from "./run-part.ts";
import { isBusy, type View } from "./view.ts";

/**
 * The whole element: code, bar, status and result. The live region is in the page before it has text: screen readers
 * announce changes, not insertions.
 */
export function frame(block: Block, slotChanged: () => void): TemplateResult {
  const { view, features, run, language } = block;
  const { tag, page } = language.spoken;
  const status = run ? "" : waitingWords(view, page);
  return html`<div
    class="frame"
    part="frame"
    role="group"
    lang=${tag}
    aria-label=${nameOf(block)}
    @pointerenter=${prefetch}
    @focusin=${prefetch}
  >
    <div class="code">
      <slot
        lang=${language.authors ?? nothing}
        ?hidden=${features?.editor?.isOpen}
        @slotchange=${slotChanged}
      ></slot>
      ${features?.renderEditor()}
    </div>
    <div class="bar" part="bar">
      ${features?.renderInputs()} ${runButton(block)} ${features?.renderActions()}
    </div>
    <div class="said" role="status">
      <bdi>${run?.said ?? (view.trouble ? status : "")}</bdi>
    </div>
    ${
      run?.render() ??
      html`${status && waitingLine(block, status)} ${features?.renderRecorded(view)}`
    }
  </div>`;
}

function runButton(block: Block): TemplateResult {
  const { host, view, features, language } = block;
  const words = language.spoken.page;
  const { slot, text, label } = features?.button ?? { slot: "run", text: words.run };
  // aria-disabled: a disabled button would lose the focus during the run.
  return html`<button
    class="run"
    part="button"
    type="button"
    aria-label=${words.named(label ?? text, nameOf(block))}
    aria-disabled=${isBusy(view) ? "true" : nothing}
    @click=${({ detail }: MouseEvent) => {
      // A double click is one press.
      if (detail < 2) void host.run();
    }}
    @keydown=${onePress}
  >
    <slot name="icon-run"
      ><svg viewBox="0 0 12 12" aria-hidden="true"><path d="M3 1.5v9l7-4.5z" /></svg
    ></slot>
    <slot name=${slot}><bdi>${text}</bdi></slot>
  </button>`;
}

/** The status of a press while the run part, which has the words for all others, is not loaded. */
function waitingWords({ state, trouble }: View, words: PageWords): string {
  if (state !== "posted") return state === "idle" ? "" : words.canceled;
  const { waiting, offline, unreachable, tryingAgain } = words;
  if (!trouble) return waiting;
  return `${trouble.offline ? offline : `${waiting} ${unreachable}`} ${tryingAgain}`;
}

function waitingLine(block: Block, status: string): TemplateResult {
  return html`<div class="line">
    <div class="status" part="status"><bdi>${status}</bdi></div>
    ${isBusy(block.view) ? stopButton(block) : nothing}
  </div>`;
}

/** Most readers who point at a block, or focus it, press Run next. */
function prefetch(): void {
  loadRunPart().catch(() => undefined);
}
