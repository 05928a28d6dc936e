import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Hono, type Context } from "hono";
import { cors } from "hono/cors";
import { sendFile, storeFile, type StoredFile } from "../http/compression/stored.ts";
import { madeOnce } from "../settings/private-files.ts";
import { ApiError } from "../../protocol/deferred-error.ts";

/** The element's module as pages load it. */
export interface WidgetScript {
  text: string;
  /** Its path under this version, which never changes its content. */
  path: string;
  /** For the `integrity` attribute of a script tag with that path. */
  integrity: string;
}

/** What pins a build: its version and the first half of its digest's digits. */
function nameOf(text: string, version: string): string {
  return `${version}-${createHash("sha384").update(text).digest("hex").slice(0, 12)}`;
}

export function widgetScript(text: string, version: string): WidgetScript {
  return {
    text,
    path: `/v/${nameOf(text, version)}/deferred-runner.js`,
    integrity: `sha384-${createHash("sha384").update(text).digest("base64")}`,
  };
}

function storeScript({ text, integrity }: WidgetScript): Promise<StoredFile> {
  return storeFile(text, "text/javascript; charset=utf-8", integrity);
}

/**
 * The built module, kept in `folder` as well: a page that pinned one version goes on loading it after
 * the server was upgraded.
 */
export async function keepWidgetScript(
  file: string,
  version: string,
  folder: string,
): Promise<WidgetScript> {
  const text = await readFile(file, "utf8");
  await madeOnce(join(folder, `${nameOf(text, version)}.js`), async () => text);
  return widgetScript(text, version);
}

/** Serves the newest at `/deferred-runner.js`, and every version there was under its own path. */
export function widgetRoutes(script: WidgetScript, folder: string) {
  const app = new Hono();
  const anybody = cors({ origin: "*", allowMethods: ["GET", "HEAD"] });
  app.use("/deferred-runner.js", anybody);
  app.use("/v/:build/deferred-runner.js", anybody);

  const newest = storeScript(script);
  app.get("/deferred-runner.js", async (c) =>
    send(c, await newest, "public, max-age=300, stale-while-revalidate=86400"),
  );

  /** By build: at most one entry for each file in the folder. */
  const pinned = new Map<string, StoredFile>();
  app.get("/v/:build/deferred-runner.js", async (c) => {
    const [name, version] = /^([\w.-]+)-[0-9a-f]{12}$/.exec(c.req.param("build")) ?? [];
    if (name === undefined || version === undefined) throw new ApiError("file_not_found");
    let file = pinned.get(name);
    if (!file) {
      const text = await readFile(join(folder, `${name}.js`), "utf8").catch(() => undefined);
      if (text === undefined) throw new ApiError("file_not_found");
      file = await storeScript(widgetScript(text, version));
      pinned.set(name, file);
    }
    return send(c, file, "public, max-age=31536000, immutable");
  });
  return app;
}

function send(c: Context, file: StoredFile, cacheControl: string): Response {
  return sendFile(c, file, {
    "cache-control": cacheControl,
    "cross-origin-resource-policy": "cross-origin",
  });
}
