import { html } from "hono/html";
import type { Html } from "./layout.ts";

/** The breadcrumbs above a page: the pages that it is below, outermost first, and its own name. */
export function trail(
  above: readonly (readonly [href: string, words: string])[],
  here: string,
): Html {
  return html`<nav class="trail" aria-label="Breadcrumbs">
    <ol>
      ${above.map(([href, words]) => html`<li><a href="${href}">${words}</a></li>`)}
      <li aria-current="page">${here}</li>
    </ol>
  </nav>`;
}
