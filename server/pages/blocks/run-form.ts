import { html } from "hono/html";
import type { InputSpec } from "../../../protocol/claims.ts";
import { maxBytesOf } from "../../../protocol/input-values.ts";
import type { Html } from "../layout.ts";
import type { ClaimedBlock } from "./shown-block.ts";

/** Runs the block where scripts are off: a form for its inputs, whose answer is a page that waits for the result. */
export function runForm({ claims, path }: ClaimedBlock): Html {
  const inputs = Object.entries(claims.inputs ?? {});
  return html`<form class="run-form" method="post" action="${path}">
    ${inputs.map(([name, spec]) => field(name, spec))}
    <p><button class="action">Run</button></p>
    <p class="quiet">Without scripts, a page that reloads itself shows the result.</p>
  </form>`;
}

function field(name: string, spec: InputSpec): Html {
  const id = `input-${name}`;
  return html`<p class="field">
    <label for="${id}">${spec.label ?? name}</label>
    ${control(id, name, spec)} ${"unit" in spec && spec.unit ? html`<span>${spec.unit}</span>` : ""}
    ${spec.hint ? html`<small class="quiet">${spec.hint}</small>` : ""}
  </p>`;
}

function control(id: string, name: string, spec: InputSpec): Html {
  switch (spec.type) {
    case "integer":
    case "number":
      return html`<input
        id="${id}"
        name="${name}"
        type="number"
        step="${spec.type === "integer" ? "1" : "any"}"
        min="${spec.min ?? ""}"
        max="${spec.max ?? ""}"
        value="${spec.default ?? ""}"
      />`;
    case "text":
      return spec.as === "stdin"
        ? // Begins with a line break, since a browser drops the first one.
          html`<textarea id="${id}" name="${name}" rows="6">${`\n${spec.default ?? ""}`}</textarea>`
        : html`<input
            id="${id}"
            name="${name}"
            maxlength="${maxBytesOf(spec)}"
            value="${spec.default ?? ""}"
          />`;
    case "choice":
      return html`<select id="${id}" name="${name}">
        ${spec.values.map(
          (value) =>
            // With its value: a browser joins the blanks of a text.
            html`<option value="${value}" ${value === spec.default ? html`selected` : ""}>
              ${value}
            </option>`,
        )}
      </select>`;
    case "boolean":
      // A box that is not ticked sends nothing: the field before it says no.
      return html`<input type="hidden" name="${name}" value="false" /><input
          id="${id}"
          type="checkbox"
          name="${name}"
          value="true"
          ${spec.default ? html`checked` : ""}
        />`;
    default:
      return spec satisfies never;
  }
}
