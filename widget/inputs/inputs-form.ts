import { html, nothing, type LitElement, type TemplateResult } from "lit";
import type { Inputs, InputSpec } from "../../protocol/claims.ts";
import { byteLength, type InputFault } from "../../protocol/input-values.ts";
import { MAX_INPUTS_BYTES } from "../../protocol/sizes.ts";
import { onePress } from "../element/buttons.ts";
import { englishInputs } from "../words/en-inputs.ts";
import type { InputWords } from "../words/words.ts";
import { renderControl } from "./control.ts";
import { fieldFault, fieldNotes, fieldValue, type Field } from "./field.ts";

export { inputsStyles } from "./inputs-styles.ts";

export interface FormOptions {
  host: LitElement;
  specs: Record<string, InputSpec>;
  /** Values that replace the defaults. */
  set: Inputs;
  changed: () => void;
  submit: () => void;
}

/** One field for each input that a block declares. Faults stand at their fields before a press. */
export class InputsForm {
  /** What is wrong with fields that the reader has changed or pressed Run with. */
  readonly #faults = new Map<string, InputFault | undefined>();
  #tooMuch = false;
  readonly #options: FormOptions;

  constructor(options: FormOptions) {
    this.#options = options;
  }

  /** `lang` is the language of the author's labels, where it is not that of the words. */
  render(
    locked: boolean,
    lang: string | undefined,
    words: InputWords = englishInputs,
  ): TemplateResult {
    const { specs, submit } = this.#options;
    return html`<form
      class="inputs"
      novalidate
      @input=${this.#onInput}
      @keydown=${this.#onKey}
      @submit=${(event: SubmitEvent) => {
        event.preventDefault();
        submit();
      }}
    >
      ${Object.entries(specs).map(([name, spec]) => this.#row(name, spec, { locked, lang, words }))}
      ${this.#tooMuch ? html`<p class="fault" role="alert">${words.total}</p>` : nothing}
      <button type="submit" hidden></button>
    </form>`;
  }

  /** The values by their declared types; `invalid` focuses the first field with a fault. */
  read(): Inputs | "invalid" {
    const { specs, host } = this.#options;
    const inputs: Inputs = {};
    let first: Field | undefined;
    for (const [name, spec] of Object.entries(specs)) {
      const field = this.#field(name);
      const fault = field && fieldFault(field, spec);
      this.#faults.set(name, fault);
      if (fault) first ??= field;
      const value = field ? fieldValue(field, spec) : this.#options.set[name];
      if (value !== undefined) inputs[name] = value;
    }
    this.#tooMuch = byteLength(Object.values(inputs).join("")) > MAX_INPUTS_BYTES;
    host.requestUpdate();
    first?.focus();
    return first || this.#tooMuch ? "invalid" : inputs;
  }

  #field(name: string): Field | undefined {
    const form = this.#options.host.renderRoot.querySelector<HTMLFormElement>("form.inputs");
    return (form?.elements.namedItem(name) as Field | null | undefined) ?? undefined;
  }

  readonly #onInput = (event: Event): void => {
    const field = event.target as Field;
    const spec = this.#options.specs[field.name];
    if (spec) this.#faults.set(field.name, fieldFault(field, spec));
    this.#options.changed();
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    // In a field of several lines Enter makes a line, and Control with it runs, as in the editor.
    if (!(event.target instanceof HTMLTextAreaElement)) return onePress(event);
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    if (!event.repeat) this.#options.submit();
  };

  #row(
    name: string,
    spec: InputSpec,
    { locked, lang, words }: { locked: boolean; lang: string | undefined; words: InputWords },
  ): TemplateResult {
    const { set } = this.#options;
    const field = this.#field(name);
    const fault = this.#faults.get(name);
    const notes = fieldNotes(field, spec, words);
    return html`<div class="field ${spec.type}">
      <label for=${`input-${name}`} lang=${lang ?? nothing}>${spec.label ?? name}</label>
      <span class="control"
        >${renderControl(name, spec, {
          value: set[name] ?? spec.default,
          locked,
          invalid: fault !== undefined,
        })}${
          "unit" in spec && spec.unit
            ? html`<span class="unit" lang=${lang ?? nothing}>${spec.unit}</span>`
            : nothing
        }</span
      >
      <small id=${`note-${name}`}
        >${spec.hint ? html`<bdi lang=${lang ?? nothing}>${spec.hint}</bdi>${notes.length > 0 ? " · " : ""}` : nothing}<bdi
          >${notes.join(" · ")}</bdi
        >
        <span class="fault" role="alert">${fault ? words.fault(fault) : nothing}</span></small
      >
    </div>`;
  }
}
