import { html } from "hono/html";
import type { Html } from "./layout.ts";

/** A command to copy. */
export function copyable(id: string, text: string, label = "Copy the command"): Html {
  return html`<div class="command">
    <pre tabindex="0" id="command-${id}">${text}</pre>
    ${copyButton(`command-${id}`, label)}
  </div>`;
}

/** Copies the text of the element `source`; hidden until its script is there. */
export function copyButton(source: string, label: string): Html {
  return html`<button type="button" data-copy="${source}" aria-label="${label}" hidden>
    Copy
  </button>`;
}
