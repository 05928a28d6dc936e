import { html, nothing, type TemplateResult } from "lit";
import type { codeEditor } from "./code-editor.ts";

export interface CodeBoxOptions {
  busy: boolean;
  /** A press asks for a newer result than the stored one on the page. */
  again: boolean;
  /** Stored results may answer: the button has room for its longer label, Run again. */
  stored: boolean;
  /** Whether the author lets readers change the code. */
  editable: boolean;
  /** The reader's text; absent: the author's. */
  edited: string | undefined;
  /** Absent until Edit is pressed. */
  editor: typeof codeEditor | undefined;
  /** The button whose press could not load what it needs. */
  failed: string | undefined;
  /** Hosts that the author allows the program to reach, or all. */
  network: boolean | string[] | undefined;
  /** The form of the block's inputs, if it has any. */
  inputs: unknown;
  slotChanged: () => void;
  press: () => void;
  edit: (text: string) => void;
  toggleEditor: () => void;
}

/** Enter held down counts as one press. */
export function onePress(event: KeyboardEvent): void {
  if (event.key === "Enter" && event.repeat) event.preventDefault();
}

/** The code, and the bar with everything that a reader can set or press. */
export function codeBox(options: CodeBoxOptions): TemplateResult {
  const { busy, editable, edited, failed, network } = options;
  return html`<div class="code">
      <slot ?hidden=${edited !== undefined} @slotchange=${options.slotChanged}></slot>
      ${edited === undefined ? nothing : options.editor?.(edited, busy, options.edit)}
    </div>
    <div class="bar" part="bar">
      ${options.inputs} ${runButton(options)}
      ${
        editable
          ? html`<button
              class="edit"
              part="edit"
              type="button"
              ?disabled=${busy}
              @click=${options.toggleEditor}
            >
              ${edited === undefined ? "Edit" : "Restore"}
            </button>`
          : nothing
      }
      ${
        failed
          ? html`<small role="status">The server can’t be reached. Press ${failed} again.</small>`
          : nothing
      }
      ${
        network
          ? html`<small
              >May reach ${network === true ? "the internet" : [network].flat().join(", ")}</small
            >`
          : nothing
      }
    </div>`;
}

function runButton({ busy, again, stored, press }: CodeBoxOptions): TemplateResult {
  // aria-disabled: a disabled button would lose the focus during the run.
  return html`<button
    class="run ${stored ? "wide" : ""}"
    part="button"
    type="button"
    aria-disabled=${busy ? "true" : nothing}
    @click=${(event: MouseEvent) => {
      // A double click is one press.
      if (event.detail < 2) press();
    }}
    @keydown=${onePress}
  >
    <slot name="icon-run"
      ><svg viewBox="0 0 12 12" aria-hidden="true"><path d="M3 1.5v9l7-4.5z" /></svg
    ></slot>
    <slot name=${again ? "run-again" : "run"}>${again ? "Run again" : "Run"}</slot>
  </button>`;
}
