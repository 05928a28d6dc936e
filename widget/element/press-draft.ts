import type { LitElement, ReactiveController } from "lit";
import type { Inputs } from "../../protocol/claims.ts";
import { addStyles } from "./add-styles.ts";
import { shownClaims } from "./claims.ts";
import type * as editorPart from "./code-editor.ts";
import type * as formPart from "./inputs-form.ts";
import { keptCopy } from "./kept-copy.ts";
import type { LastRun } from "./last-run.ts";
import { lazyPart } from "./lazy-part.ts";
import { loadRunPart } from "./run-part.ts";

const loadForm = lazyPart(() => import("./inputs-form.ts"));
const loadEditor = lazyPart(() => import("./code-editor.ts"));

type Host = LitElement & {
  block: string;
  /** The loader's copy, from before the element was defined. */
  original?: Element;
};

/** The code and inputs that the next press sends, as the reader may have changed them. */
export class PressDraft implements ReactiveController {
  /** The reader's text; absent: the author's. */
  edited: string | undefined;
  /** Inputs of a resumed run, which replace the defaults. */
  inputs: Inputs = {};
  /** The reader changed something since the last press. */
  touched = false;
  /** The button whose press could not load the part that it needs. */
  failed: "run" | "edit" | undefined;
  /** Loaded for a block that declares inputs. */
  form: typeof formPart | undefined;
  /** Loaded for a reader who edits. */
  editor: typeof editorPart | undefined;
  /** A copy from before translators and highlighters changed the element's content. */
  original: Element | undefined;
  readonly #host: Host;

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

  /** Whether the block declares inputs, or its code was edited, and the part for it is not loaded. */
  get isMissing(): boolean {
    return this.#needsForm || this.#needsEditor;
  }

  get #needsForm(): boolean {
    return !this.form && shownClaims(this.#host.block).inputs !== undefined;
  }

  get #needsEditor(): boolean {
    return !this.editor && this.edited !== undefined;
  }

  /** Loads what is missing. If that fails, the page asks the reader to press `button` again. */
  async load(button: "run" | "edit" = "run"): Promise<boolean> {
    try {
      if (this.#needsForm) this.form = await loadForm();
      if (this.#needsEditor) this.editor = await loadEditor();
      const styles = [this.form?.inputsStyles, this.editor?.editorStyles].filter((css) => !!css);
      addStyles(this.#host.renderRoot as ShadowRoot, ...styles);
      this.failed = undefined;
    } catch {
      this.failed = button;
    }
    this.#host.requestUpdate();
    return !this.isMissing;
  }

  /** The inputs as the form has them; absent: the block declares none. */
  readInputs(): Inputs | undefined | "invalid" {
    const form = this.#host.renderRoot.querySelector("form");
    const { inputs } = shownClaims(this.#host.block);
    if (!form || !inputs || !this.form) return undefined;
    return form.reportValidity() ? this.form.readInputs(form, inputs) : "invalid";
  }

  /** Opens the editor with the author's code, or closes it and drops the reader's text. */
  async toggleEditor(): Promise<void> {
    if (this.edited !== undefined) {
      this.edited = undefined;
      return this.touch();
    }
    const { block } = this.#host;
    try {
      const [{ readCode }] = await Promise.all([loadRunPart(), loadEditor()]);
      const code = await readCode(this.#host, block, this.original);
      if (block !== this.#host.block) return;
      this.edited = code.replace(/^\n|\s+$/g, "");
      await this.load("edit");
      this.touch();
    } catch {
      this.failed = "edit";
      this.#host.requestUpdate();
    }
  }

  edit(text: string): void {
    this.edited = text;
    this.touch();
  }

  touch(): void {
    this.touched = true;
    this.#host.requestUpdate();
  }

  /** Shows the code and inputs of a run that a closed page left. */
  restore({ edited, request }: LastRun): void {
    if (edited) this.edited = request.code;
    this.inputs = request.inputs ?? {};
  }

  /** Another block has code and inputs of its own. */
  reset(): void {
    this.edited = undefined;
    this.inputs = {};
    this.touched = false;
    this.original = undefined;
    delete this.#host.original;
  }
}
