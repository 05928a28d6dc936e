import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import { pagePaths } from "../../protocol/paths.ts";
import type { SignedIn } from "../accounts/sessions.ts";
import { copyScript } from "./assets.ts";
import { documentHead } from "./document-head.ts";

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

export interface Page {
  /** Absent on the home page. */
  title?: string;
  description: string;
  /** The navigation's current address. */
  at?: "/" | "/docs" | "/projects" | "/examples";
  /** Paths of scripts beside the copy button's, in order: the element's, where the page holds blocks. */
  scripts?: readonly (string | undefined)[];
  /** Path of a style sheet beside the one of all pages. */
  style?: string;
  /** Address of an Atom feed of the page's content. */
  feed?: string;
  /** More elements of the head. */
  head?: Html;
  /** A wide page, for output and tables. */
  wide?: boolean;
  /** Who reads the page; undefined: nobody is signed in. */
  signedIn: SignedIn | undefined;
  version: string;
  main: Html;
}

/** Links to the pages for everybody. At `/`, people who are signed in see their runs, not the examples. */
function navigation({ at, signedIn }: Page): Html[] {
  const examples = signedIn ? pagePaths.examples : "/";
  const links = [
    [examples, "Examples"],
    [`${examples}#embed`, "Embed your own"],
    [pagePaths.projects, "Projects"],
    ["/docs", "Docs"],
  ] as const;
  return links.map(
    ([href, words]) =>
      html`<a href="${href}" ${href === at ? html`aria-current="page"` : ""}>${words}</a>`,
  );
}

/** A whole page. */
export function layout(page: Page): Html {
  const { title, description, scripts = [], style, feed, head = "", version, main } = page;
  return html`<!doctype html>
    <html lang="en">
      <head>
        ${documentHead(title ? `${title} · Deferred Runner` : "Deferred Runner")}
        <meta name="description" content="${description}" />
        <link rel="icon" href="data:image/svg+xml,${encodeURIComponent(ICON)}" />
        ${style ? html`<link rel="stylesheet" href="${style}" />` : ""}
        ${feed ? html`<link rel="alternate" type="application/atom+xml" href="${feed}" />` : ""}
        ${head}
        ${scripts.map((path) => path && html`<script type="module" src="${path}"></script>`)}
        <script type="module" src="${copyScript.path}"></script>
      </head>
      <body ${page.wide ? html`class="wide"` : ""}>
        <a class="skip" href="#main">Skip to content</a>
        <header class="top">
          <a class="name" href="/">Deferred Runner</a>
          <nav aria-label="Main">${navigation(page)}</nav>
          ${personLinks(page)}
        </header>
        <main id="main">${main}</main>
        <footer class="bottom">
          <p>Deferred Runner ${version}. Free software under the MIT license.</p>
          <p>
            <a href="/gallery">Gallery</a>
            <a href="/openapi.json">OpenAPI document</a>
            <a href="/.well-known/jwks.json">Receipt keys</a>
          </p>
        </footer>
      </body>
    </html>`;
}

/** Who reads the page, and how to sign out or in. */
function personLinks({ signedIn }: Page): Html {
  if (!signedIn) {
    return html`<nav class="person" aria-label="Account">
      <a href="${pagePaths.signInPage}">Sign in</a>
    </nav>`;
  }
  const { name, owner } = signedIn.user;
  return html`<nav class="person" aria-label="Account">
    ${owner ? html`<a href="${pagePaths.operator}">Operator</a>` : ""}
    <a class="self" href="${pagePaths.account}">${name}</a>
    <form method="post" action="${pagePaths.signOut}">
      <button>Sign out</button>
    </form>
  </nav>`;
}

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#0b6b5b"/><path d="M5.5 4v8L12 8z" fill="#fff"/></svg>';
