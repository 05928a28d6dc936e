import { html, nothing, type TemplateResult } from "lit/html.js";
import { codeEditor } from "./code-editor.ts";

export interface CodeBoxOptions {
  busy: boolean;
  /** A press asks for a newer result than the stored one on the page. */
  again: boolean;
  /** Stored results may answer: the button has room for what it says then. */
  stored: boolean;
  /** Whether the author lets readers change the code. */
  editable: boolean;
  /** The reader's text; absent: the author's. */
  edited: string | undefined;
  press: () => void;
  edit: (text: string) => void;
  toggleEditor: () => void;
}

/** The code and the buttons beside it. */
export function codeBox(options: CodeBoxOptions): TemplateResult {
  const { busy, again, stored, editable, edited, press, edit, toggleEditor } = options;
  return html`<div class="block">
    <div class="code">
      <slot ?hidden=${edited !== undefined}></slot>
      ${edited === undefined ? nothing : codeEditor(edited, busy, edit)}
    </div>
    <div class="buttons">
      <button class="run ${stored ? "wide" : ""}" part="button" type="button" @click=${press}>
        <svg viewBox="0 0 12 12" aria-hidden="true">
          <path d=${busy ? "M2.5 2.5h7v7h-7z" : "M3 1.5v9l7-4.5z"} />
        </svg>
        ${busy ? "Stop" : again ? "Run again" : "Run"}
      </button>
      ${
        editable
          ? html`<button type="button" ?disabled=${busy} @click=${toggleEditor}>
              ${edited === undefined ? "Edit" : "Restore"}
            </button>`
          : nothing
      }
    </div>
  </div>`;
}
