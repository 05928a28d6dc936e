import { html } from "hono/html";
import type { Html } from "../layout.ts";
import type { FormState } from "./mistakes.ts";

interface FieldOptions {
  name: string;
  label: string | Html;
  /** A sentence below the label. */
  help?: string | Html;
  /** The stored value, shown until the form is sent. */
  value?: string;
  required?: boolean;
  /** The value of `autocomplete`; absent: off. */
  autocomplete?: string;
}

interface TextFieldOptions extends FieldOptions {
  type?: "text" | "url" | "password" | "number" | "search" | "email";
  placeholder?: string;
  /** About how many characters a value has. */
  size?: number;
  maxLength?: number;
  /** Code or a name for programs: no spelling check, a fixed-width font. */
  code?: boolean;
  /** Values that the browser offers while somebody types. */
  suggestions?: readonly string[];
}

/** A line of text with its label, help and mistake. */
export function textField(state: FormState, options: TextFieldOptions): Html {
  const { name, type = "text", required, placeholder, size, maxLength, code } = options;
  const { suggestions = [] } = options;
  // A password is not written back into the page.
  const shown = type === "password" ? "" : valueOf(state, options);
  return field(
    state,
    options,
    html`<input
        id="${idOf(name)}"
        name="${name}"
        type="${type}"
        value="${shown}"
        autocomplete="${options.autocomplete ?? "off"}"
        ${code ? html`class="code" spellcheck="false" autocapitalize="none"` : ""}
        ${required ? html`required` : ""}
        ${placeholder === undefined ? "" : html`placeholder="${placeholder}"`}
        ${size === undefined ? "" : html`size="${size}"`}
        ${maxLength === undefined ? "" : html`maxlength="${maxLength}"`}
        ${suggestions.length === 0 ? "" : html`list="${idOf(name)}-list"`}
        ${describedBy(state, options)}
      />
      ${suggestions.length === 0 ? "" : dataList(name, suggestions)}`,
  );
}

function dataList(name: string, values: readonly string[]): Html {
  return html`<datalist id="${idOf(name)}-list">
    ${values.map((value) => html`<option value="${value}"></option>`)}
  </datalist>`;
}

/** Lines of text. */
export function textArea(state: FormState, options: FieldOptions & { rows?: number }): Html {
  const { name, required, rows = 4 } = options;
  // The line end after the opening tag is not a part of the value.
  return field(
    state,
    options,
    html`<textarea
      id="${idOf(name)}"
      name="${name}"
      rows="${rows}"
      class="code"
      spellcheck="false"
      autocapitalize="none"
      autocomplete="off"
      ${required ? html`required` : ""}
      ${describedBy(state, options)}
    >
${valueOf(state, options)}</textarea>`,
  );
}

/** One of several values, each with its words. */
export function selectField(
  state: FormState,
  options: FieldOptions & { values: readonly (readonly [value: string, words: string])[] },
): Html {
  const chosen = valueOf(state, options);
  return field(
    state,
    options,
    html`<select id="${idOf(options.name)}" name="${options.name}" ${describedBy(state, options)}>
      ${options.values.map(
        ([value, words]) =>
          html`<option value="${value}" ${value === chosen ? html`selected` : ""}>
            ${words}
          </option>`,
      )}
    </select>`,
  );
}

/** A check box with its label beside it. */
export function checkBox(
  state: FormState,
  options: Omit<FieldOptions, "value"> & { checked: boolean; value?: string },
): Html {
  const { name, label, help, value = "on" } = options;
  const checked = state.typed ? state.typed.getAll(name).includes(value) : options.checked;
  const id = value === "on" ? idOf(name) : `${idOf(name)}-${value.replace(/\W/g, "-")}`;
  return html`<div class="field check">
    <input
      type="checkbox"
      id="${id}"
      name="${name}"
      value="${value}"
      ${checked ? html`checked` : ""}
      ${help ? html`aria-describedby="${id}-help"` : ""}
    />
    <label for="${id}">${label}</label>
    ${help ? html`<p class="help" id="${id}-help">${help}</p>` : ""}
    ${value === "on" ? mistakeAt(state, name) : ""}
  </div>`;
}

/** One of some values, as radio buttons under a question. */
export function radioField(
  state: FormState,
  options: FieldOptions & {
    choices: readonly (readonly [value: string, words: string, help?: string])[];
  },
): Html {
  const { name, label, help, choices } = options;
  const chosen = valueOf(state, options);
  return html`<fieldset class="field">
    <legend>${label}</legend>
    ${help ? html`<p class="help">${help}</p>` : ""}
    ${choices.map(([value, words, more]) => {
      const id = `${idOf(name)}-${value}`;
      return html`<div class="check">
        <input
          type="radio"
          id="${id}"
          name="${name}"
          value="${value}"
          ${value === chosen ? html`checked` : ""}
          ${more ? html`aria-describedby="${id}-help"` : ""}
        />
        <label for="${id}">${words}</label>
        ${more ? html`<p class="help" id="${id}-help">${more}</p>` : ""}
      </div>`;
    })}
    ${mistakeAt(state, name)}
  </fieldset>`;
}

function field(state: FormState, { name, label, help }: FieldOptions, input: Html): Html {
  const id = idOf(name);
  return html`<div class="field">
    <label for="${id}">${label}</label>
    ${help ? html`<p class="help" id="${id}-help">${help}</p>` : ""} ${input}
    ${mistakeAt(state, name)}
  </div>`;
}

/** The sentence about a field, below it. */
export function mistakeAt({ mistakes }: FormState, name: string): Html | "" {
  const sentence = mistakes[name];
  const id = `${idOf(name)}-mistake`;
  return sentence === undefined ? "" : html`<p class="mistake" id="${id}">${sentence}</p>`;
}

function describedBy({ mistakes }: FormState, { name, help }: FieldOptions): Html | "" {
  const wrong = mistakes[name] !== undefined;
  const ids = [help && `${idOf(name)}-help`, wrong && `${idOf(name)}-mistake`].filter(Boolean);
  return html`${ids.length > 0 ? html`aria-describedby="${ids.join(" ")}"` : ""}
  ${wrong ? html`aria-invalid="true"` : ""}`;
}

function valueOf({ typed }: FormState, { name, value = "" }: FieldOptions): string {
  return typed ? (typed.get(name) ?? "") : value;
}

/** Ids of fields, apart from those of headings. */
export function idOf(name: string): string {
  return `field-${name}`;
}
