import { Hono, type MiddlewareHandler } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import type { Logger } from "pino";
import { describe } from "./openapi/describe.ts";
import { compressPages } from "./compression/pages.ts";
import { onError, onNotFound, problemResponse, type NotFoundPage } from "./problem.ts";
import { observeRequests, type Answered } from "./requests/observe.ts";

export interface AppDeps {
  log: Logger;
  /** Middleware that every request passes first, in this order. */
  middleware: MiddlewareHandler[];
  /** Mounted at `/` in this order; each knows its own paths. */
  routes: Hono[];
  /** `/v1/responder/*`. */
  responders: Hono;
  /** Shown to browsers; programs get a problem document. */
  notFoundPage: NotFoundPage;
  openapi: () => Promise<object>;
  /** Public keys that receipts are signed with. */
  jwks: { keys: object[] };
  /** Called with each request, once its answer has begun. */
  answered: (request: Answered) => void;
  /** Why no block can be run now; undefined where one can. */
  notReady: () => Promise<string | undefined>;
}

/** Assembles the HTTP app from the given routes and middleware. */
export function createApp(deps: AppDeps): Hono {
  const app = new Hono();
  app.onError(onError(deps.log));
  app.notFound(onNotFound(deps.notFoundPage));

  app.use(observeRequests(deps));
  app.use(compressPages());
  app.use(refuseOddHosts);
  for (const handler of deps.middleware) app.use(handler);
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) =>
        problemResponse(c, { code: "method_not_allowed", headers: { allow: methods.join(", ") } }),
    }),
  );

  app.get("/healthz", docs.health, (c) => c.json({ status: "ok" }));
  app.get("/readyz", docs.ready, async (c) => {
    const why = await deps.notReady();
    if (why === undefined) return c.json({ status: "ok" });
    return problemResponse(c, { code: "overloaded", detail: why, retryAfterS: 5 });
  });
  app.get("/openapi.json", docs.openapi, async (c) =>
    c.json(await deps.openapi(), 200, { "access-control-allow-origin": "*" }),
  );
  app.get("/.well-known/jwks.json", docs.jwks, (c) =>
    c.json(deps.jwks, 200, { "access-control-allow-origin": "*" }),
  );
  app.route("/v1/responder", deps.responders);
  for (const routes of deps.routes) app.route("/", routes);
  return app;
}

/** Refuses hosts that Node accepts but no URL can have, such as a number above the highest IPv4 address. */
const refuseOddHosts: MiddlewareHandler = async (c, next) => {
  if (!URL.canParse(c.req.url))
    return problemResponse(c, { code: "header_invalid", detail: "host is none." });
  return next();
};

const docs = {
  health: describe({
    tag: "Server",
    summary: "Whether the server lives",
    answers: { 200: ["It does."] },
  }),
  ready: describe({
    tag: "Server",
    summary: "Whether a block can be run",
    answers: { 200: ["It can."] },
    errors: ["overloaded"],
  }),
  openapi: describe({
    tag: "Server",
    summary: "This document",
    answers: { 200: ["OpenAPI 3.1."] },
  }),
  jwks: describe({
    tag: "Server",
    summary: "The keys that sign this server's receipts",
    answers: { 200: ["A JWK set."] },
  }),
};
