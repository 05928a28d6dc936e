import { html } from "hono/html";
import { ERRORS } from "../../../protocol/errors.ts";
import type { Html } from "../layout.ts";
import { errorAddress } from "./addresses.ts";

/** Renders Markdown's code and links; an error's code links to its sentence. */
export function describedText(text: string): Html {
  const parts = text.split("`").map((part, index) => {
    if (index % 2 === 0) return withLinks(part);
    const code = html`<code>${part}</code>`;
    return part in ERRORS ? html`<a href="${errorAddress(part)}">${code}</a>` : code;
  });
  return html`${parts}`;
}

function withLinks(text: string): Html {
  const parts = text.split(/\[([^\]]+)\]\((https:[^\s)]+)\)/);
  return html`${parts.map((part, index) => {
    if (index % 3 === 0) return part;
    return index % 3 === 1 ? html`<a href="${parts[index + 1]!}">${part}</a>` : "";
  })}`;
}
