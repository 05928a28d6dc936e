import { html } from "hono/html";
import type { Html } from "./layout.ts";

/** The head of a table: the names of its columns. */
export function tableHead(...columns: string[]): Html {
  return html`<thead>
    <tr>
      ${columns.map((name) => html`<th scope="col">${name}</th>`)}
    </tr>
  </thead>`;
}
