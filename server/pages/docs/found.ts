import { html } from "hono/html";
import type { Html } from "../layout.ts";
import { docsPaths } from "./addresses.ts";
import type { SearchAnswer } from "./search.ts";

/** The results of a search, with its words marked. */
export function foundPage(query: string, { places, total, split }: SearchAnswer): Html {
  const marked = (text: string) =>
    split(text).map((part, index) => (index % 2 === 0 ? part : html`<mark>${part}</mark>`));
  return html`<h1>Search</h1>
    <p class="lead" role="status">${outcome(query, places.length, total)}</p>
    <ol class="found">
      ${places.map(
        ({ href, page, heading, excerpt }) =>
          html`<li>
            <a href="${href}">${marked(heading || page)}</a>
            ${heading ? html`<small>${page}</small>` : ""}
            <p>${marked(excerpt)}</p>
          </li>`,
      )}
    </ol>
    ${
      total === 0
        ? html`<p>
            Every word has to be on the page, so fewer words find more. Or choose from
            <a href="${docsPaths.docs}">all guides</a>.
          </p>`
        : ""
    }`;
}

function outcome(query: string, shown: number, total: number): string {
  if (query.trim() === "") return "Enter what you look for.";
  if (total === 0) return `Nothing has “${query}”.`;
  if (total > shown) return `The first ${shown} of ${total} places with “${query}”.`;
  return total === 1 ? `One place has “${query}”.` : `${total} places have “${query}”.`;
}
