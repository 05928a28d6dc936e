import { html, nothing, type TemplateResult } from "lit";
import type { PageWords } from "../words/words.ts";
import type { codeEditor } from "./code-editor.ts";

export interface CodeBoxOptions {
  words: PageWords;
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
  /** The reader's text; absent: the author's. */
  edited: string | undefined;
  /** Absent until Edit is pressed. */
  editor: typeof codeEditor | undefined;
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
  edit: (text: string) => void;
  toggleEditor: () => void;
}

/** Enter held down counts as one press. */
export function onePress(event: KeyboardEvent): void {
  if (event.key === "Enter" && event.repeat) event.preventDefault();
}

/** The code, and the bar with everything that a reader can set or press. */
export function codeBox(options: CodeBoxOptions): TemplateResult {
  const { words, name, busy, editable, edited, failed, network } = options;
  const edit = edited === undefined ? words.edit : words.restore;
  return html`<div class="code">
      <slot
        lang=${options.authors ?? nothing}
        ?hidden=${edited !== undefined}
        @slotchange=${options.slotChanged}
      ></slot>
      ${edited === undefined ? nothing : options.editor?.(edited, words.code, busy, options.edit)}
    </div>
    <div class="bar" part="bar">
      ${options.inputs} ${runButton(options)}
      ${
        editable
          ? html`<button
              class="edit"
              part="edit"
              type="button"
              aria-label=${words.named(edit, name)}
              ?disabled=${busy}
              @click=${options.toggleEditor}
            >
              <slot name=${edited === undefined ? "edit" : "restore"}><bdi>${edit}</bdi></slot>
            </button>`
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
