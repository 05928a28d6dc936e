import { html } from "hono/html";
import type { Html } from "./layout.ts";

/** Name of a column that only screen readers hear: what its buttons do. */
export function hidden(name: string): Html {
  return html`<span class="hidden">${name}</span>`;
}

export const ACTIONS = hidden("Actions");

/** The head of a table: the names of its columns. */
export function tableHead(...columns: readonly (string | Html)[]): Html {
  return html`<thead>
    <tr>
      ${columns.map((name) => html`<th scope="col">${name}</th>`)}
    </tr>
  </thead>`;
}
