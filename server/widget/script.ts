import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Hono, type Context } from "hono";
import { cors } from "hono/cors";
import { madeOnce } from "../private-files.ts";
import { ProblemError } from "../problem.ts";

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

  app.get("/deferred-runner.js", (c) =>
    send(c, script, "public, max-age=300, stale-while-revalidate=86400"),
  );

  app.get("/v/:build/deferred-runner.js", async (c) => {
    const build = /^([\w.-]+)-[0-9a-f]{12}$/.exec(c.req.param("build"));
    if (!build) throw new ProblemError("file_not_found");
    const text = await readFile(join(folder, `${build[0]}.js`), "utf8").catch(() => undefined);
    if (text === undefined) throw new ProblemError("file_not_found");
    return send(c, widgetScript(text, build[1]!), "public, max-age=31536000, immutable");
  });
  return app;
}

function send(c: Context, script: WidgetScript, cacheControl: string): Response {
  const headers = {
    "content-type": "text/javascript; charset=utf-8",
    "cache-control": cacheControl,
    "cross-origin-resource-policy": "cross-origin",
    "x-content-type-options": "nosniff",
    etag: `"${script.integrity}"`,
  };
  const known = c.req.header("if-none-match") === headers.etag;
  return known ? c.body(null, 304, headers) : c.body(script.text, 200, headers);
}
