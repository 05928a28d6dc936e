import { html, nothing, type LitElement, type TemplateResult } from "lit";
import type { Inputs, InputSpec } from "../../protocol/claims.ts";
import {
  byteLength,
  inputFault,
  maxBytesOf,
  type InputFault,
} from "../../protocol/input-values.ts";
import { MAX_INPUTS_BYTES } from "../../protocol/sizes.ts";
import { onePress } from "../element/buttons.ts";
import { englishInputs } from "../words/en-inputs.ts";
import type { InputWords } from "../words/words.ts";

export { inputsStyles } from "./inputs-styles.ts";

export interface FormOptions {
  host: LitElement;
  specs: Record<string, InputSpec>;
  /** Values that replace the defaults. */
  set: Inputs;
  changed: () => void;
  submit: () => void;
}

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** From this part of its bound on, a text's length is shown. */
const NEAR = 0.8;

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
      const fault = field && faultOf(field, spec);
      this.#faults.set(name, fault);
      if (fault) first ??= field;
      const value = field ? valueOf(field, spec) : this.#options.set[name];
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
    if (spec) this.#faults.set(field.name, faultOf(field, spec));
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
    const notes = [
      (field && countWords(field, spec, words)) ?? boundsWords(spec, words),
      field && emptiedWords(field, spec, words),
    ].filter((note) => note !== undefined);
    return html`<div class="field ${spec.type}">
      <label for=${`input-${name}`} lang=${lang ?? nothing}>${spec.label ?? name}</label>
      <span class="control"
        >${control(name, spec, {
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

interface ControlOptions {
  value: Inputs[string] | undefined;
  locked: boolean;
  invalid: boolean;
}

function control(
  name: string,
  spec: InputSpec,
  { value, locked, invalid }: ControlOptions,
): TemplateResult {
  const id = `input-${name}`;
  const note = `note-${name}`;
  // Text fields are read-only during a run: Enter starts it, and a disabled field would lose the focus.
  switch (spec.type) {
    case "integer":
    case "number":
      return html`<input
        id=${id}
        name=${name}
        type="number"
        inputmode=${spec.type === "integer" && (spec.min ?? -1) >= 0 ? "numeric" : "decimal"}
        step=${spec.type === "integer" ? 1 : "any"}
        min=${spec.min ?? nothing}
        max=${spec.max ?? nothing}
        value=${value ?? nothing}
        aria-describedby=${note}
        aria-invalid=${invalid}
        aria-required=${spec.default === undefined}
        ?readonly=${locked}
      />`;
    case "boolean":
      return html`<input
        id=${id}
        name=${name}
        type="checkbox"
        aria-describedby=${note}
        ?checked=${value ?? false}
        ?disabled=${locked}
      />`;
    case "choice":
      return html`<select id=${id} name=${name} aria-describedby=${note} ?disabled=${locked}>
        ${spec.values.map(
          (choice) => html`<option ?selected=${choice === value}>${choice}</option>`,
        )}
      </select>`;
    case "text":
      // Standard input has lines, which a field of one line would drop from what is pasted.
      if (spec.as === "stdin") {
        return html`<textarea
          id=${id}
          name=${name}
          rows="3"
          spellcheck="false"
          .defaultValue=${String(value ?? "")}
          aria-describedby=${note}
          aria-invalid=${invalid}
          ?readonly=${locked}
        ></textarea>`;
      }
      return html`<input
        id=${id}
        name=${name}
        value=${value ?? ""}
        aria-describedby=${note}
        aria-invalid=${invalid}
        ?readonly=${locked}
      />`;
    default:
      // A newer signer may have more types; the server's refusal names the missing input.
      spec satisfies never;
      return html``;
  }
}

/** The value that a press sends; undefined: the default is used. */
function valueOf(field: Field, { type }: InputSpec): Inputs[string] | undefined {
  if (type === "boolean") return (field as HTMLInputElement).checked;
  if (type === "text" || type === "choice") return field.value;
  return field.value === "" ? undefined : Number(field.value);
}

/** The server checks the same. */
function faultOf(field: Field, spec: InputSpec): InputFault | undefined {
  // The browser hides text that is no number.
  if (field.validity.badInput) return { fault: "not_number" };
  const value = valueOf(field, spec);
  if (value !== undefined) return inputFault(spec, value);
  return spec.default === undefined ? { fault: "missing" } : undefined;
}

function boundsWords(spec: InputSpec, words: InputWords): string | undefined {
  if (spec.type === "text") {
    return spec.max_length === undefined ? undefined : words.mostBytes(maxBytesOf(spec));
  }
  if (spec.type !== "integer" && spec.type !== "number") return undefined;
  const { min, max } = spec;
  if (min !== undefined && max !== undefined) return words.between(min, max);
  if (min !== undefined) return words.least(min);
  if (max !== undefined) return words.most(max);
  return spec.type === "integer" ? words.whole : undefined;
}

function emptiedWords(field: Field, spec: InputSpec, words: InputWords): string | undefined {
  if (spec.type !== "integer" && spec.type !== "number") return undefined;
  if (spec.default === undefined || field.value !== "" || field.validity.badInput) return undefined;
  return words.emptied(spec.default);
}

/** The length of a text near its bound, counted as the server counts it. */
function countWords(field: Field, spec: InputSpec, words: InputWords): string | undefined {
  if (spec.type !== "text") return undefined;
  const most = maxBytesOf(spec);
  const bytes = byteLength(field.value);
  return bytes < most * NEAR
    ? undefined
    : words.counted(bytes, most, Array.from(field.value).length);
}
