import { Hono, type Context } from "hono";
import type { SignedIn } from "../accounts/sessions.ts";
import { pagePaths } from "../../protocol/paths.ts";
import { sendFile, storeFile } from "../http/compression/stored.ts";
import {
  type Asset,
  copyScript,
  clocksScript,
  followScript,
  liveScript,
  logScript,
  passkeyScript,
  styleSheet,
  tabsScript,
} from "./assets.ts";
import type { Guides } from "./docs/guides.ts";
import { docsPages } from "./docs/routes.ts";
import type { SignedExample } from "./examples.ts";
import { galleryAssets } from "./gallery/assets.ts";
import { galleryPages } from "./gallery/routes.ts";
import { pageHeaders } from "./headers.ts";
import { home } from "./home.ts";
import { layout, type Html } from "./layout.ts";
import type { PinnedScript } from "./pinned-tag.ts";

export interface PagesDeps {
  /** The blocks of the front page, signed. */
  examples: () => Promise<SignedExample[]>;
  /** Files of other pages, and pictures of recorded results. */
  files?: readonly Asset[];
  /** As the build rendered them. */
  guides: () => Promise<Guides>;
  /** The OpenAPI document. */
  openapi: () => unknown;
  serverUrl: string;
  /** The origins of this server and of results. */
  origins?: readonly string[];
  /** The element's script, for embed tags. */
  scriptUrl: string;
  /** The same at an address whose content never changes. */
  pinnedScript: PinnedScript;
  currentUser: (c: Context) => Promise<SignedIn | undefined>;
  /** The start page of a signed-in person; undefined for others. */
  start?: (c: Context) => Promise<Html | undefined>;
  version: string;
}

/** The public pages: examples at `/`, the guides and the API at `/docs`, every look of a block at `/gallery`, and their files. */
export function createPages(deps: PagesDeps): Hono {
  const { serverUrl, scriptUrl, pinnedScript, version } = deps;
  /** A page that depends on its reader must not be cached for others. */
  const readerOf = async (c: Context) => {
    const signedIn = await deps.currentUser(c);
    c.header("Cache-Control", signedIn ? "no-store" : "no-cache");
    c.header("Vary", "Cookie");
    return signedIn;
  };
  const { origins = [new URL(serverUrl).origin] } = deps;
  const headers = pageHeaders({ origins });
  // By path: the page may be open under another host name than the public URL.
  const script = new URL(scriptUrl).pathname;
  const pages = new Hono();

  pages.get("/", headers, async (c, next) => {
    const main = await deps.start?.(c);
    if (main === undefined) return next();
    const signedIn = await readerOf(c);
    const description = "The runs of your projects.";
    return c.html(layout({ title: "Your runs", description, wide: true, signedIn, version, main }));
  });

  for (const path of ["/", pagePaths.examples]) {
    pages.get(path, headers, async (c) => {
      const examples = await deps.examples();
      const signedIn = await readerOf(c);
      return c.html(
        layout({
          description:
            "Signed code blocks on static pages, run on machines that wake for a reader.",
          at: signedIn ? pagePaths.examples : "/",
          scripts: [script, tabsScript.path],
          ...{ version, signedIn },
          main: home({ examples, scriptUrl, pinnedScript }),
        }),
      );
    });
  }

  const { guides, openapi } = deps;
  pages.route("/", docsPages({ guides, openapi, serverUrl, headers, readerOf, version }));
  pages.route("/", galleryPages({ headers, script, readerOf, version }));

  const scripts = [
    ...[copyScript, tabsScript, followScript, clocksScript, liveScript, logScript],
    passkeyScript,
  ];
  for (const asset of [styleSheet, ...scripts, ...galleryAssets, ...(deps.files ?? [])]) {
    serve(pages, asset);
  }
  return pages;
}

function serve(pages: Hono, { path, type, text, hash }: Asset): void {
  const stored = storeFile(text, type, hash);
  pages.get(path, (c) =>
    sendFile(c, stored, { "cache-control": "public, max-age=31536000, immutable" }),
  );
}
