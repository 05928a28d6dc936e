import { html, nothing, type TemplateResult } from "lit";
import type { CodeEditor } from "../editor/code-editor.ts";
import type { EditorWords, PageWords } from "../words/words.ts";

export interface CodeBoxOptions {
  words: PageWords;
  /** Absent: English, which the editor brings. */
  editorWords: EditorWords | undefined;
  /** What tells the block from others, in the buttons' accessible names. */
  name: string;
  /** The language of the author's code, where it is not that of the words. */
  authors: string | undefined;
  busy: boolean;
  /** A press asks for a newer result than the stored one on the page. */
  again: boolean;
  /** Stored results may answer: the button has room for its longer label, Run again. */
  stored: boolean;
  /** Whether the author lets readers change the code. */
  editable: boolean;
  /** Absent until Edit is pressed. */
  editor: CodeEditor | undefined;
  /** The button whose press could not load what it needs. */
  failed: "run" | "edit" | undefined;
  /** Hosts that the author allows the program to reach, or all. */
  network: boolean | string[] | undefined;
  /** The form of the block's inputs, if it has any. */
  inputs: unknown;
  /** The author's own text in a slot: a button's accessible name has to hold its visible text. */
  slotted: (slot: string) => string | undefined;
  slotChanged: () => void;
  press: () => void;
  toggleEditor: () => void;
}

/** Enter held down counts as one press. */
export function onePress(event: KeyboardEvent): void {
  if (event.key === "Enter" && event.repeat) event.preventDefault();
}

/** The code, and the bar with everything that a reader can set or press. */
export function codeBox(options: CodeBoxOptions): TemplateResult {
  const { words, name, busy, editable, editor, failed, network } = options;
  return html`<div class="code">
      <slot
        lang=${options.authors ?? nothing}
        ?hidden=${editor?.isOpen}
        @slotchange=${options.slotChanged}
      ></slot>
      ${editor?.isOpen ? editor.render(busy, options.editorWords) : nothing}
    </div>
    <div class="bar" part="bar">
      ${options.inputs} ${runButton(options)}
      ${
        editable
          ? html`<button
                class="edit"
                part="edit"
                type="button"
                aria-label=${words.named(words.edit, name)}
                aria-expanded=${editor?.isOpen ?? false}
                ?disabled=${busy}
                @click=${options.toggleEditor}
              >
                <slot name="edit"><bdi>${words.edit}</bdi></slot></button
              >${editor?.renderActions(busy, options.editorWords)}`
          : nothing
      }
      ${failed ? html`<small><bdi>${words.pressAgain(words[failed])}</bdi></small>` : nothing}
      ${
        network
          ? html`<small
              ><bdi
                >${words.mayReach(network === true ? words.internet : [network].flat().join(", "))}</bdi
              ></small
            >`
          : nothing
      }
    </div>`;
}

function runButton(options: CodeBoxOptions): TemplateResult {
  const { words, name, busy, again, stored, press } = options;
  const slot = again ? "run-again" : "run";
  const text = again ? words.runAgain : words.run;
  // aria-disabled: a disabled button would lose the focus during the run.
  return html`<button
    class="run ${stored ? "wide" : ""}"
    part="button"
    type="button"
    aria-label=${words.named(options.slotted(slot) || text, name)}
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
    <slot name=${slot}><bdi>${text}</bdi></slot>
  </button>`;
}
