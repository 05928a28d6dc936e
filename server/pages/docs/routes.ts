import { type Context, Hono, type MiddlewareHandler } from "hono";
import { html, raw } from "hono/html";
import type { SignedIn } from "../../accounts/sessions.ts";
import { type Html, layout } from "../layout.ts";
import { docsPaths } from "./addresses.ts";
import { tagPage } from "./calls.ts";
import { codesPage } from "./codes.ts";
import { foundPage } from "./found.ts";
import type { Guide, Guides } from "./guides.ts";
import { type Library, makeLibrary } from "./library.ts";
import { allCalls, overview } from "./overview.ts";
import { LONGEST_QUERY } from "./search.ts";
import { withShelf } from "./shelf.ts";

export interface DocsPagesDeps {
  guides: () => Promise<Guides>;
  /** The OpenAPI document. */
  openapi: () => unknown;
  serverUrl: string;
  /** Security headers of the server's pages. */
  headers: MiddlewareHandler;
  /** Who reads; sets the headers that keep the page from shared caches. */
  readerOf: (c: Context) => Promise<SignedIn | undefined>;
  version: string;
}

interface DocsPage {
  title: string;
  description: string;
  path: string;
  main: Html;
  query?: string;
  status?: 200 | 400;
}

/** The pages below `/docs`: guides, the API's calls by tag, errors, and a search over all of them. */
export function docsPages(deps: DocsPagesDeps): Hono {
  const { serverUrl, headers, readerOf, version } = deps;
  let library: Library | undefined;
  const open = async () => (library ??= makeLibrary(await deps.guides(), await deps.openapi()));

  const send = async (c: Context, { title, description, path, main, ...rest }: DocsPage) => {
    const { query, status = 200 } = rest;
    const signedIn = await readerOf(c);
    const page = layout({
      title: title === "Docs" ? title : `${title} · Docs`,
      ...{ description, at: "/docs", wide: true, version, signedIn },
      head: query === undefined ? undefined : html`<meta name="robots" content="noindex" />`,
      main: withShelf(await open(), path, main, query),
    });
    return c.html(page, status);
  };

  const docs = new Hono();
  docs.use("/docs", headers).use("/docs/*", headers);

  docs.get("/docs", async (c) =>
    send(c, {
      title: "Docs",
      description: "Guides, and every call of this server.",
      path: docsPaths.docs,
      main: overview(await open()),
    }),
  );

  docs.get("/docs/search", async (c) => {
    const query = c.req.query("q") ?? "";
    const tooLong = query.length > LONGEST_QUERY;
    const { search } = await open();
    return send(c, {
      title: "Search",
      description: "What the docs have on some words.",
      path: docsPaths.search,
      query,
      status: tooLong ? 400 : 200,
      main: tooLong ? refusedSearch() : foundPage(query, search(query)),
    });
  });

  docs.get("/docs/api/errors", async (c) =>
    send(c, {
      title: "Errors and reasons",
      description: "Every code of an error, and every reason of a run’s end.",
      path: docsPaths.codes,
      main: codesPage(),
    }),
  );

  docs.get("/docs/api/:tag", async (c) => {
    const { tags, document } = await open();
    const [tag, calls] = [...tags].find(([name]) => docsPaths.tag(name) === c.req.path) ?? [];
    if (!tag || !calls) return c.notFound();
    return send(c, {
      title: `${tag} · API`,
      description: `Calls of this server’s HTTP API: ${tag}.`,
      path: docsPaths.tag(tag),
      main: tagPage(tag, calls, document, serverUrl),
    });
  });

  docs.get("/docs/:guide{.+}", async (c) => {
    const path = c.req.param("guide");
    const books = await open();
    // As files of the repository are named.
    const [, named] = /^(.+?)(?:\/README)?\.md$/.exec(path) ?? [];
    if (named && books.guides.has(named)) return c.redirect(docsPaths.guide(named), 301);
    const guide = books.guides.get(path);
    if (!guide) return c.notFound();
    return send(c, {
      title: guide.title,
      description: guide.sentence || guide.title,
      path: docsPaths.guide(path),
      main: guidePage(guide, books),
    });
  });
  return docs;
}

/** Its HTML is this package's own, and the build let no tag through that Markdown does not make. */
function guidePage({ path, title, html: content }: Guide, library: Library): Html {
  return html`<h1>${title}</h1>
    ${raw(content)} ${docsPaths.guide(path) === docsPaths.api ? allCalls(library) : ""}`;
}

function refusedSearch(): Html {
  return html`<h1>Search</h1>
    <p class="lead" role="status">
      A search takes at most ${LONGEST_QUERY} characters. Use fewer words.
    </p>`;
}
