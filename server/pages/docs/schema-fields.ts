import { html } from "hono/html";
import type { Html } from "../layout.ts";
import { describedText } from "./described-text.ts";
import { type OpenApi, resolved, type Schema, typeWords } from "./openapi.ts";

/** The fields of an object as a table, or the type of another value in a line. */
export function schemaTable(caption: string, schema: Schema, document: OpenApi): Html {
  const { properties, required = [] } = resolved(schema, document);
  if (!properties) return html`<p>${caption}: <code>${typeWords(schema)}</code></p>`;
  return fields(
    caption,
    Object.entries(properties).map(([name, property]) => ({
      name,
      type: typeWords(property),
      required: required.includes(name),
      description: property.description,
    })),
  );
}

interface Field {
  name: string;
  type: string;
  required: boolean;
  description: string | undefined;
}

/** A table of named values. */
export function fields(caption: string, rows: Field[]): Html {
  return html`<table>
    ${
      caption
        ? html`<caption>
            ${caption}
          </caption>`
        : ""
    }
    <tbody>
      ${rows.map(
        ({ name, type, required, description }) =>
          html`<tr>
            <th scope="row">
              <code>${name}</code>${required ? "" : html` <small>optional</small>`}
            </th>
            <td><code class="type">${type}</code> ${describedText(description ?? "")}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}
