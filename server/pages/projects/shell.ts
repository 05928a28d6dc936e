import { html } from "hono/html";
import { pagePaths } from "../../../protocol/paths.ts";
import type { SignedIn } from "../../accounts/sessions.ts";
import { type Html, layout } from "../layout.ts";

export interface ShellOptions {
  title: string;
  description: string;
  /** The breadcrumbs above the page, outermost first, after "Projects": address and name. */
  above?: readonly (readonly [href: string, words: string])[];
  /** The page's own name in the breadcrumbs, where its heading is too long for them. */
  here?: string;
  scripts?: readonly (string | undefined)[];
  /** Path of a style sheet beside the one of all pages. */
  style?: string;
  head?: Html;
  feed?: string;
  signedIn: SignedIn | undefined;
  version: string;
  main: Html;
}

/** A project page with its breadcrumbs. */
export function shell({ above, here, main, ...page }: ShellOptions): Html {
  const trail = above
    ? html`<nav class="trail" aria-label="Breadcrumbs">
        <ol>
          ${[[pagePaths.projects, "Projects"] as const, ...above].map(
            ([href, words]) => html`<li><a href="${href}">${words}</a></li>`,
          )}
          <li aria-current="page">${here ?? page.title}</li>
        </ol>
      </nav>`
    : "";
  return layout({ ...page, at: "/projects", wide: true, main: html`${trail} ${main}` });
}

/** Links to the next page of a list. */
export function olderLink(
  older: string | undefined,
  query: Record<string, string> = {},
): Html | "" {
  if (older === undefined) return "";
  const search = new URLSearchParams({ ...query, before: older });
  return html`<p class="older"><a href="?${search}" rel="next">Older</a></p>`;
}
