import { html, nothing, type TemplateResult } from "lit";
import type { Inputs } from "../../protocol/claims.ts";
import type { CodeEditor } from "../editor/code-editor.ts";
import { addStyles } from "../element/add-styles.ts";
import type { Block, Features } from "../element/block.ts";
import { nameOf } from "../element/buttons.ts";
import type { LastRun } from "../element/last-run.ts";
import { lazyPart } from "../element/lazy-part.ts";
import { loadRunPart } from "../element/run-part.ts";
import { isBusy, type View } from "../element/view.ts";
import type { InputsForm } from "../inputs/inputs-form.ts";
import { englishFeatures } from "../words/en-features.ts";
import type { FeatureWords } from "../words/words.ts";
import { featureStyles, wideStyles } from "./feature-styles.ts";

const loadForm = lazyPart(() => import("../inputs/inputs-form.ts"));
const loadEditor = lazyPart(() => import("../editor/code-editor.ts"));
const loadElsewhere = lazyPart(() => import("../elsewhere/fetch-code.ts"));
const loadStored = lazyPart(() => import("../stored/stored-results.ts"));

/** What only some blocks have: inputs, Edit, a note on the network, and results that are shown before a press. */
export class BlockFeatures implements Features {
  touched = false;
  editor: CodeEditor | undefined;
  readonly #block: Block;
  #form: InputsForm | undefined;
  /** The text of a button whose press could not load what it needs. */
  #failed: string | undefined;

  constructor(block: Block) {
    this.#block = block;
    addStyles(this.#root, featureStyles);
    if (block.claims.cache_s !== undefined) {
      addStyles(this.#root, wideStyles);
      this.#showStored();
    }
    block.host.requestUpdate();
  }

  get button() {
    const { host, run, language } = this.#block;
    const again = run?.isAgain === true;
    const slot = again ? "run-again" : "run";
    // A button's accessible name has to hold its visible text, which may be the author's.
    const slotted = host.querySelector(`:scope > [slot=${slot}]`)?.textContent.trim();
    const text = again ? this.#words.runAgain : language.spoken.page.run;
    return { slot, text, label: slotted || undefined };
  }

  get #words(): FeatureWords {
    return this.#block.language.spoken.translation?.features ?? englishFeatures;
  }

  get #root(): ShadowRoot {
    return this.#block.host.renderRoot as ShadowRoot;
  }

  async load(last?: LastRun): Promise<void> {
    const { host, claims } = this.#block;
    const { inputs } = claims;
    if (inputs && !this.#form) {
      const { InputsForm, inputsStyles } = await loadForm();
      addStyles(this.#root, inputsStyles);
      this.#form ??= new InputsForm({
        host,
        specs: inputs,
        set: last?.request.inputs ?? {},
        changed: () => this.#touch(),
        submit: () => void host.run(),
      });
    }
    if (last?.edited && !this.editor) await this.#newEditor(last.request.code);
    for (const output of this.#block.host.querySelectorAll(":scope > output:not([slot])")) {
      output.slot = "recorded";
    }
    host.requestUpdate();
  }

  async fetchCode(): Promise<boolean> {
    const block = this.#block;
    try {
      const { fetchCode } = await loadElsewhere();
      this.#failed = undefined;
      return await fetchCode(block.host, block.server, ({ BlockRun }, refusal) =>
        (block.run ??= new BlockRun(block)).receive({ type: "refused", refusal }),
      );
    } catch {
      this.#failed = block.language.spoken.page.run;
      block.host.requestUpdate();
      return false;
    }
  }

  async #newEditor(text?: string): Promise<void> {
    const { host, original } = this.#block;
    const { block } = host;
    const [{ readCode }, part] = await Promise.all([loadRunPart(), loadEditor()]);
    const code = await readCode(host, block, original);
    if (block !== host.block) return;
    addStyles(this.#root, part.editorStyles);
    this.editor ??= new part.CodeEditor({
      host,
      author: code.replace(/^\n|\s+$/g, ""),
      text,
      changed: () => this.#touch(),
      run: () => void host.run(),
    });
  }

  get inputs(): Inputs | undefined | "invalid" {
    return this.#form?.read();
  }

  #touch(): void {
    this.touched = true;
    this.#block.host.requestUpdate();
  }

  /** Opens the editor with the author's code, or closes it while nothing is changed. */
  async #toggleEditor(): Promise<void> {
    try {
      if (!this.editor) await this.#newEditor();
      this.#failed = undefined;
    } catch {
      this.#failed = this.#words.edit;
    }
    this.editor?.toggle();
    this.#block.host.requestUpdate();
  }

  renderEditor(): unknown {
    const { view, language } = this.#block;
    const { editor } = this;
    if (!editor?.isOpen) return nothing;
    return editor.render(isBusy(view), language.spoken.translation?.editor);
  }

  renderInputs(): unknown {
    const { view, language } = this.#block;
    return this.#form?.render(isBusy(view), language.authors, language.spoken.translation?.inputs);
  }

  renderActions(): TemplateResult {
    const { claims } = this.#block;
    const { edit, limits } = claims;
    const network = limits?.network;
    const words = this.#words;
    const notes = [
      this.#failed && words.pressAgain(this.#failed),
      network && words.mayReach(network === true ? words.internet : [network].flat().join(", ")),
    ];
    return html`${edit === true ? this.#editButton() : nothing}
    ${notes.map((note) => (note ? html`<small><bdi>${note}</bdi></small>` : nothing))}`;
  }

  #editButton(): TemplateResult {
    const block = this.#block;
    const { translation, page } = block.language.spoken;
    const { editor } = this;
    const words = this.#words;
    const busy = isBusy(block.view);
    return html`<button
        class="edit"
        part="edit"
        type="button"
        aria-label=${page.named(words.edit, nameOf(block))}
        aria-expanded=${editor?.isOpen ?? false}
        ?disabled=${busy}
        @click=${() => block.await(this.#toggleEditor())}
      >
        <slot name="edit"><bdi>${words.edit}</bdi></slot></button
      >${editor?.renderActions(busy, translation?.editor)}`;
  }

  hasResult(view: View): boolean {
    return isReplaced(view) || this.#isRecorded;
  }

  get #isRecorded(): boolean {
    return this.#block.host.querySelector(":scope > output") !== null;
  }

  renderRecorded(view: View): TemplateResult {
    const { run, language } = this.#block;
    const replaced = isReplaced(view);
    const translation = language.spoken.translation?.editor;
    const note = run && this.hasResult(view) && this.editor?.resultNote(view.edited, translation);
    const label = this.#isRecorded && !replaced;
    return html`${note ? html`<p class="changed" part="changed"><bdi>${note}</bdi></p>` : nothing}
      ${label ? html`<p class="recorded"><bdi>${this.#words.recorded}</bdi></p>` : nothing}
      <slot name="recorded" ?hidden=${replaced}></slot>`;
  }

  /** Shows the last result of a block that stores results. Never starts a run. */
  #showStored(): void {
    const block = this.#block;
    const { host, view } = block;
    if (view.stored) return;
    loadStored().then(
      (part) =>
        part.showStored({
          host,
          server: block.server,
          block: host.block,
          original: () => block.original,
          isWanted: () =>
            this === block.features && host.isConnected && block.view.state === "idle",
          show: ({ BlockRun }, stored, result) =>
            (block.run ??= new BlockRun(block)).receive({ type: "found", stored, result }),
        }),
      () => undefined,
    );
  }
}

/** Whether a run, or a stored result, shows something in place of the output that the page holds. */
function isReplaced({ earlier, output, ending }: View): boolean {
  const failed = ending?.state === "errored" || ending?.state === "canceled";
  return earlier !== undefined || output.parts.length > 0 || (ending !== undefined && !failed);
}
