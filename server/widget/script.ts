import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Hono } from "hono";
import { cors } from "hono/cors";

/** The element's module as pages load it. */
export interface WidgetScript {
  text: string;
  /** Its path under this version, which never changes its content. */
  path: string;
  /** For the `integrity` attribute of a script tag with that path. */
  integrity: string;
}

export async function loadWidgetScript(file: string, version: string): Promise<WidgetScript> {
  const text = await readFile(file, "utf8");
  const digest = createHash("sha384").update(text).digest();
  const short = digest.toString("hex").slice(0, 12);
  return {
    text,
    path: `/v/${version}-${short}/deferred-runner.js`,
    integrity: `sha384-${digest.toString("base64")}`,
  };
}

/** Serves it: the newest at `/deferred-runner.js`, and for good under its versioned path. */
export function widgetRoutes(script: WidgetScript) {
  const app = new Hono();
  const serve = (path: string, cacheControl: string) => {
    app.use(path, cors({ origin: "*", allowMethods: ["GET", "HEAD"] }));
    app.get(path, (c) => {
      const headers = {
        "content-type": "text/javascript; charset=utf-8",
        "cache-control": cacheControl,
        "cross-origin-resource-policy": "cross-origin",
        "x-content-type-options": "nosniff",
        etag: `"${script.integrity}"`,
      };
      const known = c.req.header("if-none-match") === headers.etag;
      return known ? c.body(null, 304, headers) : c.body(script.text, 200, headers);
    });
  };
  serve("/deferred-runner.js", "public, max-age=300, stale-while-revalidate=86400");
  serve(script.path, "public, max-age=31536000, immutable");
  return app;
}
