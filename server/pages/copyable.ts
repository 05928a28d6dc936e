import { html } from "hono/html";
import type { Html } from "./layout.ts";

/** A command to copy. */
export function copyable(id: string, text: string, label = "Copy the command"): Html {
  return html`<div class="command">
    <pre tabindex="0" id="copy-${id}">${text}</pre>
    <button type="button" data-copy="copy-${id}" aria-label="${label}" hidden>Copy</button>
  </div>`;
}
