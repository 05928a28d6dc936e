import { createHash } from "node:crypto";
import type { Context, Hono } from "hono";
import { cors } from "hono/cors";
import { isKnown } from "../../http/compression/stored.ts";
import type { CallerLimits } from "../../http/limits/callers.ts";
import type { BlockImages } from "./image.ts";
import { embedPage, embedPolicy } from "./embed.ts";
import { insertScript } from "./insert-script.ts";
import type { FindLastShown } from "./last-shown.ts";
import { claimedBlock, type ShownBlock } from "./shown-block.ts";

export interface ElsewhereDeps {
  findLastShown: FindLastShown;
  images: BlockImages;
  callers: Pick<CallerLimits, "countRead">;
  /** Origins of this server and of results. */
  origins: readonly string[];
  /** Path of the element's script. */
  script: string;
  /** The server's public URL. */
  url: string;
}

/** For minutes: a page that was taken away is then gone from caches as well. */
const SOON = "public, max-age=300";

/** The frame and the picture of the blocks at `base`, which other sites load. */
export function addElsewhereRoutes(
  app: Hono,
  base: string,
  find: (c: Context) => Promise<ShownBlock>,
  deps: ElsewhereDeps,
): void {
  const { findLastShown, images, callers, origins, script, url } = deps;

  app.get(`${base}/embed`, async (c) => {
    const block = claimedBlock(await find(c));
    return c.html(await embedPage(block, { script, url }), 200, {
      "content-security-policy": embedPolicy(block, origins),
      "cross-origin-resource-policy": "cross-origin",
      "referrer-policy": "strict-origin-when-cross-origin",
      "x-content-type-options": "nosniff",
      "cache-control": "no-cache",
    });
  });

  app.get(`${base}/image.png`, async (c) => {
    callers.countRead(c);
    const block = claimedBlock(await find(c));
    const png = await images(block, await findLastShown(block.token));
    const etag = `"${createHash("sha256").update(png).digest("base64url").slice(0, 22)}"`;
    const headers = {
      "cache-control": SOON,
      "content-type": "image/png",
      "cross-origin-resource-policy": "cross-origin",
      "x-content-type-options": "nosniff",
      etag,
    };
    if (isKnown(c, etag)) return c.body(null, 304, headers);
    return c.body(Uint8Array.from(png), 200, headers);
  });
}

/** The script that puts a block into another site's page, at `path`. */
export function addScriptRoute(
  app: Hono,
  path: string,
  find: (c: Context) => Promise<ShownBlock>,
  { url }: Pick<ElsewhereDeps, "url">,
): void {
  app.use(path, cors({ origin: "*", allowMethods: ["GET", "HEAD"] }));
  app.get(path, async (c) => {
    const block = claimedBlock(await find(c));
    return c.body(insertScript(block, `${url}${block.scriptPath ?? ""}`, url), 200, {
      "content-type": "text/javascript; charset=utf-8",
      "cross-origin-resource-policy": "cross-origin",
      "x-content-type-options": "nosniff",
      "cache-control": SOON,
    });
  });
}
