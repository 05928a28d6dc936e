import { html, nothing, type LitElement, type TemplateResult } from "lit";
import { authorLook, type AuthorLook } from "./author-look.ts";
import { colourLines, knownLines, type CodeLine, type KnownLines } from "./code-lines.ts";
import { englishEditor } from "../words/en-editor.ts";
import type { EditorWords } from "../words/words.ts";
import { indent, indentUnit, newLine, outdent, type Edit } from "./edits.ts";

export { editorStyles } from "./editor-styles.ts";

export interface EditorOptions {
  /** The element whose code is edited. */
  host: LitElement;
  /** The author's code. */
  author: string;
  /** The reader's code of a resumed run. */
  text?: string | undefined;
  /** Called after each change of the text. */
  changed: () => void;
  run: () => void;
}

const COMMAND = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";

/** Longer texts are edited without colours: each change would redraw too many lines. */
const MAX_COLOURED = 60_000;

/**
 * The reader's copy of the code, in the author's colours. The author's element is hidden meanwhile and never
 * changed.
 */
export class CodeEditor {
  /** Whether the editor stands in the code's place. */
  isOpen: boolean;
  #text: string;
  /** The text before Restore was pressed. */
  #dropped: string | undefined;
  #look: AuthorLook | undefined;
  #known: KnownLines = new Map();
  #lines: CodeLine[] = [];
  readonly #drawn = new WeakMap<CodeLine, Element>();
  readonly #options: EditorOptions;

  constructor(options: EditorOptions) {
    this.#options = options;
    this.#text = options.text ?? options.author;
    this.isOpen = false;
    if (this.isChanged) this.#show();
  }

  /** The reader's code; absent: it is the author's. */
  get edited(): string | undefined {
    return this.isChanged ? this.#text : undefined;
  }

  get isChanged(): boolean {
    return this.#text !== this.#options.author;
  }

  /** Opens the editor and focuses it, or closes it while nothing is changed. */
  toggle(): void {
    if (this.isOpen && !this.isChanged) return this.#close();
    if (!this.isOpen) this.#show();
    void this.#options.host.updateComplete.then(() => this.#field?.focus({ preventScroll: true }));
  }

  /** The editor, in place of the author's code. */
  render(locked: boolean, words: EditorWords = englishEditor): TemplateResult {
    const coloured = this.#text.length <= MAX_COLOURED;
    return html`<div
      class="editor ${coloured ? "" : "plain"}"
      dir="ltr"
      .style=${this.#look?.box ?? ""}
    >
      <div class="layers ${this.#look?.wraps ? "wraps" : ""}">
        <pre class="colours" aria-hidden="true">
${coloured ? this.#colours() : `${this.#text}\n`}</pre>
        <textarea
          aria-label=${words.code}
          aria-describedby="editor-keys"
          spellcheck="false"
          autocapitalize="off"
          autocomplete="off"
          autocorrect="off"
          ?readonly=${locked}
          .value=${this.#text}
          @input=${this.#onInput}
          @keydown=${this.#onKey}
        ></textarea>
      </div>
    </div>`;
  }

  /** A line that stays has its element again, wherever it stands now. */
  #colours(): Element[] {
    return this.#lines.map((line) => {
      const drawn = this.#drawn.get(line) ?? drawLine(line);
      this.#drawn.set(line, drawn);
      return drawn;
    });
  }

  /** The buttons and notes that an edited block has beside Edit. */
  renderActions(locked: boolean, words: EditorWords = englishEditor): TemplateResult {
    return html`${
      this.isChanged
        ? html`<button type="button" ?disabled=${locked} @click=${() => this.#restore()}>
            ${words.restore}
          </button>`
        : this.#dropped === undefined
          ? nothing
          : html`<button type="button" ?disabled=${locked} @click=${() => this.#undoRestore()}>
              ${words.undoRestore}
            </button>`
    }
    ${this.isChanged ? html`<small class="changed" part="changed">${words.changed}</small>` : nothing}
    ${
      this.isOpen
        ? html`<small class="keys" id="editor-keys">${words.keys(COMMAND)}</small>`
        : nothing
    }`;
  }

  /** What the result on the page is of, unless that is the author's code that is shown above it. */
  resultNote(
    ran: string | undefined,
    { resultOf }: EditorWords = englishEditor,
  ): string | undefined {
    if (ran === undefined) return this.isChanged ? resultOf.author : undefined;
    return ran === this.#text ? resultOf.change : resultOf.otherChange;
  }

  get #field(): HTMLTextAreaElement | null {
    return this.#options.host.renderRoot.querySelector("textarea");
  }

  #show(): void {
    const { host } = this.#options;
    const frame = host.renderRoot.querySelector(".code");
    if (frame) this.#look = authorLook(host, frame);
    this.#known = knownLines(this.#look?.lines ?? []);
    this.isOpen = true;
    this.#colour();
    host.requestUpdate();
  }

  #close(): void {
    this.isOpen = false;
    this.#options.host.requestUpdate();
  }

  #set(text: string): void {
    if (text === this.#text) return;
    this.#text = text;
    this.#colour();
    this.#options.changed();
  }

  #colour(): void {
    if (this.#text.length <= MAX_COLOURED) {
      this.#lines = colourLines(this.#text, this.#known, this.#lines);
    }
  }

  #restore(): void {
    this.#dropped = this.#text;
    this.isOpen = false;
    this.#set(this.#options.author);
  }

  #undoRestore(): void {
    const text = this.#dropped;
    if (text === undefined) return;
    this.#dropped = undefined;
    this.#show();
    this.#set(text);
  }

  readonly #onInput = (event: Event): void => {
    this.#dropped = undefined;
    this.#set((event.target as HTMLTextAreaElement).value);
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.isComposing || event.altKey) return;
    const field = event.target as HTMLTextAreaElement;
    const command = event.ctrlKey || event.metaKey;
    if (event.key === "Escape") return this.#leave(event);
    if (event.key === "Enter" && command) {
      event.preventDefault();
      if (!event.repeat) this.#options.run();
      return;
    }
    // A field that is read-only during a run is no trap: Tab moves on.
    if (command || field.readOnly) return;
    const selected = {
      text: field.value,
      start: field.selectionStart,
      end: field.selectionEnd,
    };
    const unit = indentUnit(this.#options.author);
    if (event.key === "Enter" && !event.shiftKey) apply(event, field, newLine(selected));
    else if (event.key === "Tab") {
      apply(event, field, event.shiftKey ? outdent(selected, unit) : indent(selected, unit));
    }
  };

  /** Gives the focus to Edit, from where Tab moves on. */
  #leave(event: KeyboardEvent): void {
    event.preventDefault();
    event.stopPropagation();
    if (!this.isChanged) this.#close();
    this.#options.host.renderRoot.querySelector<HTMLElement>(".edit")?.focus();
  }
}

/** `insertText` keeps the browser's undo history, which assigning a value would clear. */
function apply(event: KeyboardEvent, field: HTMLTextAreaElement, edit: Edit | undefined): void {
  event.preventDefault();
  if (!edit) return;
  const { from, to, insert, selection } = edit;
  field.setSelectionRange(from, to);
  const typed =
    insert === ""
      ? document.execCommand("delete")
      : document.execCommand("insertText", false, insert);
  if (!typed) {
    field.setRangeText(insert, from, to, "end");
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
  field.setSelectionRange(...selection);
}

function drawLine(line: CodeLine): Element {
  const drawn = document.createElement("code");
  for (const { text, look } of line) {
    if (look === undefined) drawn.append(text);
    else {
      const piece = document.createElement("span");
      piece.style.cssText = look;
      piece.textContent = text;
      drawn.append(piece);
    }
  }
  drawn.append("\n");
  return drawn;
}
