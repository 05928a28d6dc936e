import { html } from "hono/html";
import type { Html } from "../layout.ts";
import { callId, docsPaths } from "./addresses.ts";
import type { Library } from "./library.ts";
import { LONGEST_QUERY } from "./search.ts";

interface ListedPage {
  href: string;
  name: string | Html;
  /** Places on the page, shown while it is open. */
  places?: { href: string; name: string }[];
}

/** A page below `/docs` with the list of all guides beside it, which narrow screens show folded. */
export function withShelf(library: Library, path: string, main: Html, query = ""): Html {
  const list = listOf(library, path);
  return html`<div class="docs">
    <div class="shelf">
      <form role="search" action="${docsPaths.search}">
        <label for="docs-query">Search the docs</label>
        <input
          id="docs-query"
          type="search"
          name="q"
          value="${query}"
          maxlength="${LONGEST_QUERY}"
          required
        />
        <button>Search</button>
      </form>
      <nav class="beside" aria-label="Docs">${list}</nav>
      <details class="folded">
        <summary>All guides</summary>
        <nav aria-label="Docs">${list}</nav>
      </details>
    </div>
    <div class="guide">${main}</div>
  </div>`;
}

function listOf(library: Library, path: string): Html {
  return html`${groupsOf(library, path).map(
    ({ name, pages }) =>
      html`<p>${name}</p>
        <ul>
          ${pages.map(
            ({ href, name: words, places = [] }) =>
              html`<li>
                <a href="${href}" ${href === path ? html`aria-current="page"` : ""}>${words}</a>
                ${
                  href === path && places.length > 0
                    ? html`<ul>
                        ${places.map((place) => html`<li><a href="${place.href}">${place.name}</a></li>`)}
                      </ul>`
                    : ""
                }
              </li>`,
          )}
        </ul>`,
  )}`;
}

function groupsOf(
  { groups, tags }: Library,
  path: string,
): { name: string; pages: ListedPage[] }[] {
  const calls = [...tags].map(([tag, ofTag]) => ({
    href: docsPaths.tag(tag),
    name: tag,
    places: ofTag.map((call) => ({
      href: `#${callId(call)}`,
      name: `${call.method} ${call.path.replace(/^\/v1/, "")}`,
    })),
  }));
  const api = {
    name: "Calls of the API",
    pages: [...calls, { href: docsPaths.codes, name: "Errors and reasons" }],
  };
  const ofGuides = groups.map(({ name, folded, guides }) => ({
    ...{ name, folded },
    pages: guides.map((guide) => ({
      href: docsPaths.guide(guide.path),
      name: guide.name,
      places: guide.sections
        .filter(({ level, id }) => level === 2 && id !== "")
        .map(({ id, heading }) => ({ href: `#${id}`, name: heading })),
    })),
  }));
  const shown = ofGuides.filter((group) => !group.folded || holds(group, path));
  // The group of the open page comes first, so that a long list shows where one is.
  return [...shown, api].toSorted((a, b) => Number(holds(b, path)) - Number(holds(a, path)));
}

function holds({ pages }: { pages: ListedPage[] }, path: string): boolean {
  return pages.some(({ href }) => href === path);
}
