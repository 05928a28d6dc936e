import { html, nothing, type TemplateResult } from "lit";
import type { Inputs, InputSpec } from "../../protocol/claims.ts";

interface ControlOptions {
  value: Inputs[string] | undefined;
  locked: boolean;
  invalid: boolean;
}

/** The control of one input, by its type. */
export function renderControl(
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
