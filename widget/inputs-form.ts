import { html, nothing, type TemplateResult } from "lit";
import type { Inputs, InputSpec } from "../protocol/claims.ts";

/** One field for each input the block declares. */
export function inputsForm(
  specs: Record<string, InputSpec>,
  locked: boolean,
  submit: () => void,
): TemplateResult {
  return html`<form
    class="inputs"
    @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      submit();
    }}
  >
    ${Object.entries(specs).map(
      ([name, spec]) =>
        html`<label class=${spec.type}
          ><span>${spec.label ?? name}</span>${field(name, spec, locked)}</label
        >`,
    )}
    <button type="submit" hidden></button>
  </form>`;
}

function field(name: string, spec: InputSpec, locked: boolean): TemplateResult {
  switch (spec.type) {
    case "integer":
    case "number":
      return html`<input
        name=${name}
        type="number"
        step=${spec.type === "integer" ? 1 : "any"}
        min=${spec.min ?? nothing}
        max=${spec.max ?? nothing}
        value=${spec.default ?? nothing}
        ?required=${spec.default === undefined}
        ?disabled=${locked}
      />`;
    case "boolean":
      return html`<input
        name=${name}
        type="checkbox"
        ?checked=${spec.default ?? false}
        ?disabled=${locked}
      />`;
    case "choice":
      return html`<select name=${name} ?disabled=${locked}>
        ${spec.values.map(
          (value) => html`<option ?selected=${value === spec.default}>${value}</option>`,
        )}
      </select>`;
    case "text":
      return html`<input
        name=${name}
        maxlength=${spec.max_length ?? nothing}
        value=${spec.default ?? ""}
        ?disabled=${locked}
      />`;
    default:
      // A newer signer may know more types; the server then says what it expects.
      spec satisfies never;
      return html``;
  }
}

/** The values as they stand in the form, each of its input's type; an emptied number falls back to its default. */
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
