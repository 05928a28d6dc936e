import { createHash } from "node:crypto";
import { glob, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Hono, type Context } from "hono";
import { cors } from "hono/cors";
import { sendFile, storeFile, type StoredFile } from "../http/compression/stored.ts";
import { madeOnce } from "../settings/private-files.ts";
import { ApiError } from "../../protocol/deferred-error.ts";

/** The element as pages load it. */
export interface WidgetScript {
  /** The loader, which loads the parts of the element when they are needed. */
  loader: string;
  pinned: PinnedFile;
}

/** The whole element in one file, so that one `integrity` covers all of it. */
export interface PinnedFile {
  text: string;
  /** The version and the beginning of the digest. */
  build: string;
  /** A path whose content never changes. */
  path: string;
  /** For the `integrity` attribute of a script tag with that path. */
  integrity: string;
}

export function pinnedFile(text: string, version: string): PinnedFile {
  const digest = createHash("sha384").update(text).digest();
  const build = `${version}-${digest.toString("hex").slice(0, 12)}`;
  const integrity = `sha384-${digest.toString("base64")}`;
  return { text, build, path: `/v/${build}/deferred-runner.js`, integrity };
}

const BUILD = /^[\w.-]+-[0-9a-f]{12}$/;
/** A part that the loader or another part loads; the build puts a digest of its content in its name. */
const PART = /^[a-z]+(?:-[a-z]+)*-[\w-]{8}\.js$/;

/**
 * Reads the build of the loader `file` and its parts. Keeps it in `folder` as well: a page that pinned or cached a
 * version can load all of it after the server was upgraded.
 */
export async function keepWidgetScript(
  file: string,
  version: string,
  folder: string,
): Promise<WidgetScript> {
  const loader = await readFile(file, "utf8");
  const pinned = pinnedFile(await readFile(join(dirname(file), "pinned.js"), "utf8"), version);
  await madeOnce(join(folder, `${pinned.build}.js`), async () => pinned.text);
  for await (const part of glob(join(dirname(file), "v/*.js"))) {
    await madeOnce(join(folder, basename(part)), () => readFile(part, "utf8"));
  }
  return { loader, pinned };
}

/** Serves the newest build at `/deferred-runner.js`, and every kept version at its own path. */
export function widgetRoutes({ loader }: WidgetScript, folder: string) {
  const app = new Hono();
  const anybody = cors({ origin: "*", allowMethods: ["GET", "HEAD"] });
  app.use("/deferred-runner.js", anybody);
  app.use("/v/*", anybody);

  const digest = createHash("sha256").update(loader).digest("base64url");
  const newest = storeFile(loader, SCRIPT, digest);
  app.get("/deferred-runner.js", (c) =>
    send(c, newest, "public, max-age=300, stale-while-revalidate=86400"),
  );

  /** By name: at most one entry for each file in the folder. */
  const kept = new Map<string, StoredFile>();
  async function sendKept(c: Context, name: string): Promise<Response> {
    let file = kept.get(name);
    if (!file) {
      const found = await readFile(join(folder, name), "utf8").catch(() => undefined);
      if (found === undefined) throw new ApiError("file_not_found");
      // The name identifies the content.
      file = storeFile(found, SCRIPT, name);
      kept.set(name, file);
    }
    return send(c, file, "public, max-age=31536000, immutable");
  }

  app.get("/v/:build/deferred-runner.js", (c) => {
    const build = c.req.param("build");
    if (!BUILD.test(build)) throw new ApiError("file_not_found");
    return sendKept(c, `${build}.js`);
  });
  // Under `~1` as well, for a retry. Pinned scripts of older versions load a part beside their own path.
  app.on("GET", ["/v/:part", "/v/:retry{~[0-9]{1,3}}/:part", "/v/:build/v/:part"], (c) => {
    const part = c.req.param("part");
    if (!PART.test(part)) throw new ApiError("file_not_found");
    return sendKept(c, part);
  });
  return app;
}

const SCRIPT = "text/javascript; charset=utf-8";

function send(c: Context, file: StoredFile, cacheControl: string): Promise<Response> {
  return sendFile(c, file, {
    "cache-control": cacheControl,
    "cross-origin-resource-policy": "cross-origin",
  });
}
