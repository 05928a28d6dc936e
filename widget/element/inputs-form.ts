import { css, html, nothing, type TemplateResult } from "lit";
import { keyed } from "lit/directives/keyed.js";
import type { Inputs, InputSpec } from "../../protocol/claims.ts";
import { onePress } from "./code-box.ts";

export interface FormOptions {
  /** The language of the author's labels, where it is not that of the words. */
  lang: string | undefined;
  /** Values that replace the defaults. */
  set: Inputs;
  locked: boolean;
  change: () => void;
  submit: () => void;
}

/** One field for each input that `block` declares. Another block has form fields of its own. */
export function inputsForm(
  block: string,
  specs: Record<string, InputSpec>,
  { lang, set, locked, change, submit }: FormOptions,
): unknown {
  const form = html`<form
    class="inputs"
    lang=${lang ?? nothing}
    @input=${change}
    @keydown=${onePress}
    @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      submit();
    }}
  >
    ${Object.entries(specs).map(
      ([name, spec]) =>
        html`<label class=${spec.type}
          ><span>${spec.label ?? name}</span
          >${field(name, spec, set[name] ?? spec.default, locked)}</label
        >`,
    )}
    <button type="submit" hidden></button>
  </form>`;
  return keyed(block, form);
}

function field(
  name: string,
  spec: InputSpec,
  value: Inputs[string] | undefined,
  locked: boolean,
): TemplateResult {
  // Text fields are read-only during a run: Enter starts it, and a disabled field would lose the focus.
  switch (spec.type) {
    case "integer":
    case "number":
      return html`<input
        name=${name}
        type="number"
        step=${spec.type === "integer" ? 1 : "any"}
        min=${spec.min ?? nothing}
        max=${spec.max ?? nothing}
        value=${value ?? nothing}
        ?required=${spec.default === undefined}
        ?readonly=${locked}
      />`;
    case "boolean":
      return html`<input
        name=${name}
        type="checkbox"
        ?checked=${value ?? false}
        ?disabled=${locked}
      />`;
    case "choice":
      return html`<select name=${name} ?disabled=${locked}>
        ${spec.values.map(
          (choice) => html`<option ?selected=${choice === value}>${choice}</option>`,
        )}
      </select>`;
    case "text":
      return html`<input
        name=${name}
        maxlength=${spec.max_length ?? nothing}
        value=${value ?? ""}
        ?readonly=${locked}
      />`;
    default:
      // A newer signer may have more types; the server's refusal names the missing input.
      spec satisfies never;
      return html``;
  }
}

/** Returns the form's values by their declared types. An empty number field falls back to its default. */
export function readInputs(form: HTMLFormElement, specs: Record<string, InputSpec>): Inputs {
  const inputs: Inputs = {};
  for (const [name, { type }] of Object.entries(specs)) {
    const element = form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement;
    if (type === "boolean") inputs[name] = (element as HTMLInputElement).checked;
    else if (type === "text" || type === "choice") inputs[name] = element.value;
    else if (element.value !== "") inputs[name] = Number(element.value);
  }
  return inputs;
}

export const inputsStyles = css`
  .inputs {
    display: flex;
    flex-wrap: wrap;
    align-items: end;
    gap: 10px 16px;
    max-width: 100%;
  }
  .inputs label {
    display: grid;
    gap: 2px;
    font-size: 0.9em;
  }
  .inputs .boolean {
    grid-auto-flow: column;
    align-items: center;
    min-height: 36px;
    gap: 8px;
  }
  .inputs input,
  .inputs select {
    font: inherit;
    color: inherit;
    min-height: 36px;
    padding: 2px 8px;
    border: 1px solid var(--dr-soft);
    border-radius: 4px;
    background: transparent;
  }
  .inputs select option {
    color: CanvasText;
    background: Canvas;
  }
`;
