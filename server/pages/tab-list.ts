import { html } from "hono/html";
import type { Html } from "./layout.ts";

export interface Tab {
  /** Of its panel, and the fragment that opens it. */
  id: string;
  name: string;
  /** A `section` with that id. */
  panel: Html;
}

/** Links to panels below one another. With scripts they are tabs, one panel at a time: see tabs.js. */
export function tabs(label: string, list: readonly Tab[]): Html {
  return html`<nav class="tabs" aria-label="${label}">
      ${list.map(({ id, name }) => html`<a href="#${id}">${name}</a>`)}
    </nav>
    ${list.map(({ panel }) => panel)}`;
}
