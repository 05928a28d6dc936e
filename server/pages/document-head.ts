import { html } from "hono/html";
import { styleSheet } from "./assets.ts";

/** The start of every document's head, also in frames. `title` is the whole title. */
export function documentHead(title: string) {
  return html`<meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${title}</title>
    <link rel="stylesheet" href="${styleSheet.path}" />`;
}
