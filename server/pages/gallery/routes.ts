import { type Context, Hono, type MiddlewareHandler } from "hono";
import type { SignedIn } from "../../accounts/sessions.ts";
import { sendDocument } from "../../runs/document.ts";
import { layout } from "../layout.ts";
import { galleryScript, galleryStyle } from "./assets.ts";
import { reportDocument, sampleFiles } from "./files.ts";
import { gallery } from "./page.ts";

export interface GalleryDeps {
  /** Security headers of the server's pages. */
  headers: MiddlewareHandler;
  /** Path of the element's script. */
  script: string;
  /** Who reads; sets the headers that keep the page from shared caches. */
  readerOf: (c: Context) => Promise<SignedIn | undefined>;
  version: string;
}

/** The page at `/gallery`, its script and style, and the files that its played runs leave. */
export function galleryPages({ headers, script, readerOf, version }: GalleryDeps): Hono {
  const page = new Hono();
  page.get("/gallery", headers, async (c) => {
    const signedIn = await readerOf(c);
    return c.html(
      layout({
        title: "Gallery",
        description: "Every state of a signed code block, its output, and its looks.",
        wide: true,
        style: galleryStyle.path,
        // The page's own script replaces fetch before the element calls it.
        scripts: [galleryScript.path, script],
        ...{ version, signedIn },
        main: gallery(),
      }),
    );
  });
  page.get("/gallery/files/:name", (c) => {
    const file = sampleFiles.get(c.req.param("name"));
    if (!file) return c.notFound();
    return c.body(file.content(), 200, {
      "content-type": file.type,
      "cache-control": "public, max-age=3600",
      "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
      "x-content-type-options": "nosniff",
    });
  });
  // The player answers all other calls of the played server; a frame asks the server itself.
  page.get("/gallery/played/:server/v1/runs/:run/document", (c) => sendDocument(c, reportDocument));
  return page;
}
