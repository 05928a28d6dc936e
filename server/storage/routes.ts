import { Hono, type Context } from "hono";
import { cors } from "hono/cors";
import { pagePaths } from "../../protocol/paths.ts";
import { ResultSchema } from "../../protocol/run.ts";
import { describe } from "../http/openapi/describe.ts";
import { isKnown } from "../http/compression/stored.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { RequestEnvironment } from "../http/requests/address.ts";
import { prefersPage } from "../http/requests/prefers-page.ts";
import { dispositionOf } from "./disposition.ts";
import type { FsStorage } from "./fs.ts";
import type { StoredObject } from "./object-files.ts";

/** Milliseconds without progress after which a reader is disconnected: it holds a connection and an open file. */
const PATIENCE_MS = 300_000;

export interface StorageRoutesDeps {
  /** The server's public URL, where runs have pages. */
  url: string;
  /** Why storage has no result of a run. */
  whyResultMissing: (run: string) => Promise<ApiError>;
  patienceMs?: number;
}

/** Serves the objects of `fs` and receives the uploads it signed. */
export function storageRoutes(
  storage: FsStorage,
  { url, whyResultMissing, patienceMs = PATIENCE_MS }: StorageRoutesDeps,
) {
  const app = new Hono();

  app.put("/v1/uploads/:key{.+}", docs.upload);
  app.put("/v1/uploads/*", async (c) => {
    const url = new URL(c.req.url);
    const key = url.pathname.slice("/v1/uploads/".length);
    await storage.receive(key, url.searchParams, {
      type: c.req.header("content-type"),
      body: c.req.raw.body,
    });
    return c.body(null, 200);
  });

  app.use("/results/*", cors({ origin: "*", allowMethods: ["GET", "HEAD"] }));
  app.get("/results/:run/result.json", docs.result, async (c) => {
    c.header("vary", "Accept");
    const run = c.req.param("run");
    if (prefersPage(c)) return c.redirect(url + pagePaths.blockRun(run), 303);
    const key = new URL(c.req.url).pathname.slice(1);
    const object = await storage.open(key);
    if (!object) throw await whyResultMissing(run);
    return answer(c, key, object, { ...PUBLIC, vary: "Accept" });
  });
  app.get("/results/:run/:attempt/:name{.+}", docs.artifact);
  app.get("/results/*", async (c) => {
    const key = new URL(c.req.url).pathname.slice(1);
    return answer(c, key, await storage.open(key), PUBLIC);
  });

  // Without CORS, so that other sites' pages can't read them.
  app.get("/private/:key{.+}", docs.private);
  app.get("/blocks/:key{.+}", docs.blockFile);
  for (const path of ["/private/*", "/blocks/*"]) {
    app.get(path, async (c) => {
      const { pathname, searchParams } = new URL(c.req.url);
      const key = pathname.slice(1);
      return answer(c, key, await storage.openSigned(key, searchParams), PRIVATE);
    });
  }

  return app;

  function answer(
    c: Context,
    key: string,
    object: StoredObject | undefined,
    keeping: Record<string, string>,
  ): Response {
    if (!object) throw new ApiError("file_not_found");
    const headers = { ...headersOf(object, key), ...keeping };
    if (isKnown(c, headers.etag)) return c.body(null, 304, headers);
    const { answer: sent } = (c.env ?? {}) as RequestEnvironment;
    sent?.setTimeout(patienceMs, () => sent.destroy());
    return send(c, object, headers);
  }
}

/** Headers about caching and embedding. */
const PUBLIC = {
  "cross-origin-resource-policy": "cross-origin",
  "cache-control": "public, max-age=31536000, immutable",
};
const PRIVATE = {
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "private, no-store",
  "referrer-policy": "no-referrer",
};

function headersOf(object: StoredObject, key: string) {
  return {
    "content-type": object.type,
    "content-length": String(object.size),
    "accept-ranges": "bytes",
    "content-disposition": dispositionOf(key, object.type),
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
    etag: `"${object.sha256}"`,
  };
}

/** Sends the whole object, or the requested range. */
function send(c: Context, object: StoredObject, headers: Record<string, string>): Response {
  // HEAD: sending the object would leave its file open.
  if (c.req.method === "HEAD") return c.body(null, 200, headers);
  const range = /^bytes=(\d+)-(\d*)$/.exec(c.req.header("range") ?? "");
  if (!range) return c.body(object.read(), 200, headers);
  const start = Number(range[1]);
  const end = Math.min(range[2] ? Number(range[2]) : Infinity, object.size - 1);
  if (start > end) return c.body(null, 416, { "content-range": `bytes */${object.size}` });
  return c.body(object.read({ start, end }), 206, {
    ...headers,
    "content-length": String(end - start + 1),
    "content-range": `bytes ${start}-${end}/${object.size}`,
  });
}

const docs = {
  result: describe({
    tag: "Results",
    summary: "Read a result",
    description:
      "Written for every run that ended; the address is in the run from its start. A browser is sent to the run's page, unless `?format=json` asks for the result.",
    parameters: { run: "The run's id." },
    answers: { 200: ["The result.", ResultSchema], 303: ["For browsers: the run's page."] },
    errors: ["file_not_found", "run_not_finished", "run_not_found", "run_expired"],
  }),
  artifact: describe({
    tag: "Results",
    summary: "Read an artifact",
    description: "Pictures and plain text are shown in place, all else is an attachment.",
    parameters: {
      run: "The run's id.",
      attempt: "The attempt's number.",
      name: "The file's path.",
    },
    answers: { 200: ["The file.", undefined, "application/octet-stream"] },
    errors: ["file_not_found"],
  }),
  private: describe({
    tag: "Results",
    summary: "Read a file of a project's own run",
    description: "Its address comes signed, for some minutes.",
    parameters: { key: "Where it is stored." },
    answers: { 200: ["The file.", undefined, "application/octet-stream"] },
    errors: ["file_not_found"],
  }),
  blockFile: describe({
    tag: "Results",
    summary: "Read a file of a published block",
    description: "For machines. Its address comes signed, for some minutes.",
    parameters: { key: "Where it is stored." },
    answers: { 200: ["The file.", undefined, "application/octet-stream"] },
    errors: ["file_not_found"],
  }),
  upload: describe({
    tag: "Results",
    summary: "Upload an artifact",
    description: "Its address comes signed, for exact bytes and for some minutes.",
    parameters: { key: "Where it is stored." },
    answers: { 200: ["Stored."] },
    errors: ["upload_refused", "overloaded"],
  }),
};
