import type { LitElement, ReactiveController } from "lit";
import type { Inputs } from "../../protocol/claims.ts";
import type { CodeEditor } from "../editor/code-editor.ts";
import type { InputsForm } from "../inputs/inputs-form.ts";
import { addStyles } from "./add-styles.ts";
import { shownClaims } from "./claims.ts";
import { keptCopy } from "./kept-copy.ts";
import type { LastRun } from "./last-run.ts";
import { lazyPart } from "./lazy-part.ts";
import { loadRunPart } from "./run-part.ts";

const loadForm = lazyPart(() => import("../inputs/inputs-form.ts"));
const loadEditor = lazyPart(() => import("../editor/code-editor.ts"));

type Host = LitElement & {
  block: string;
  run: () => Promise<void>;
  /** The loader's copy, from before the element was defined. */
  original?: Element;
};

/** The code and inputs that the next press sends, as the reader may have changed them. */
export class PressDraft implements ReactiveController {
  /** The reader changed something since the last press. */
  touched = false;
  /** The button whose press could not load the part that it needs. */
  failed: "run" | "edit" | undefined;
  /** Absent until a block that declares inputs has loaded it. */
  form: InputsForm | undefined;
  /** Absent until a reader edits. */
  editor: CodeEditor | undefined;
  /** A copy from before translators and highlighters changed the element's content. */
  original: Element | undefined;
  readonly #host: Host;
  /** A run that a closed page left, until its code and inputs are shown. */
  #last: LastRun | undefined;

  constructor(host: Host) {
    this.#host = host;
    host.addController(this);
  }

  hostUpdated(): void {
    this.keepOriginal();
  }

  keepOriginal(): void {
    this.original ??= this.#host.original ?? keptCopy(this.#host);
  }

  /** The reader's text; absent: the author's. */
  get edited(): string | undefined {
    return this.editor?.edited;
  }

  /** Whether the block declares inputs, or its code was edited, and the part for it is not loaded. */
  get isMissing(): boolean {
    return this.#needsForm || this.#needsEditor;
  }

  get #needsForm(): boolean {
    return !this.form && shownClaims(this.#host.block).inputs !== undefined;
  }

  get #needsEditor(): boolean {
    return !this.editor && this.#last?.edited === true;
  }

  /** Loads what is missing. If that fails, the page asks the reader to press `button` again. */
  async load(button: "run" | "edit" = "run"): Promise<boolean> {
    const { block } = this.#host;
    try {
      if (this.#needsForm) await this.#newForm(block);
      if (this.#needsEditor) await this.#newEditor(block);
      this.failed = undefined;
    } catch {
      this.failed = button;
    }
    this.#host.requestUpdate();
    return !this.isMissing;
  }

  async #newForm(block: string): Promise<void> {
    const { InputsForm, inputsStyles } = await loadForm();
    const specs = shownClaims(block).inputs;
    if (block !== this.#host.block || !specs) return;
    this.#addStyles(inputsStyles);
    this.form ??= new InputsForm({
      host: this.#host,
      specs,
      set: this.#last?.request.inputs ?? {},
      changed: () => this.touch(),
      submit: () => void this.#host.run(),
    });
  }

  async #newEditor(block: string): Promise<void> {
    const [{ readCode }, part] = await Promise.all([loadRunPart(), loadEditor()]);
    const code = await readCode(this.#host, block, this.original);
    if (block !== this.#host.block) return;
    this.#addStyles(part.editorStyles);
    const author = code.replace(/^\n|\s+$/g, "");
    this.editor ??= new part.CodeEditor({
      host: this.#host,
      author,
      text: this.#last?.edited ? this.#last.request.code : undefined,
      changed: () => this.touch(),
      run: () => void this.#host.run(),
    });
  }

  #addStyles(styles: Parameters<typeof addStyles>[1]): void {
    addStyles(this.#host.renderRoot as ShadowRoot, styles);
  }

  /** The inputs as the form has them; absent: the block declares none. */
  readInputs(): Inputs | undefined | "invalid" {
    return this.form?.read();
  }

  /** Opens the editor with the author's code, or closes it while nothing is changed. */
  async toggleEditor(): Promise<void> {
    try {
      if (!this.editor) await this.#newEditor(this.#host.block);
      this.failed = undefined;
    } catch {
      this.failed = "edit";
    }
    this.editor?.toggle();
    this.#host.requestUpdate();
  }

  touch(): void {
    this.touched = true;
    this.#host.requestUpdate();
  }

  /** Shows the code and inputs of a run that a closed page left. */
  restore(last: LastRun): void {
    this.#last = last;
  }

  /** Another block has code and inputs of its own. */
  reset(): void {
    this.form = undefined;
    this.editor = undefined;
    this.#last = undefined;
    this.touched = false;
    this.original = undefined;
    delete this.#host.original;
  }
}
