import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { Logger } from "pino";
import { newId } from "../../database/ids.ts";
import { learn, withRequest } from "../../logs/request-facts.ts";

/** One request, once its answer has begun. */
export interface Answered {
  method: string;
  /** The registered pattern, without ids, which are unbounded, and without sign-in codes. */
  route: string;
  status: number;
  seconds: number;
}

export interface ObserveOptions {
  log: Logger;
  answered: (request: Answered) => void;
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Assigns each request an id, returns it in a header, and reports the status and duration of the answer. */
export function observeRequests({ log, answered }: ObserveOptions): MiddlewareHandler {
  return async function observe(c, next) {
    const begun = performance.now();
    const request = newId().slice(0, 16);
    await withRequest({ request }, async () => {
      await next();
      c.res.headers.set("x-request-id", request);
      const method = METHODS.includes(c.req.method) ? c.req.method : "other";
      const ms = performance.now() - begun;
      const facts = { method, route: routeOf(c), status: c.res.status };
      learnFromPath(c);
      answered({ ...facts, seconds: ms / 1000 });
      log.debug({ ...facts, ms: Math.round(ms) }, "a request was answered");
    });
  };
}

/** The registered pattern of the route that answered. */
export function routeOf(c: Context): string {
  const answering = matchedRoutes(c).findLast(({ method }) => method !== "ALL");
  return answering?.path ?? (c.req.method === "OPTIONS" ? "preflight" : "unmatched");
}

/** Adds the run or the project in the request's path to the log's facts. */
export function learnFromPath(c: Context): void {
  const { run, owner, name, id } = c.req.param() as Record<string, string | undefined>;
  if (run !== undefined) learn({ run: shortened(run) });
  else if (id !== undefined && c.req.path.startsWith("/v1/runs/")) learn({ run: shortened(id) });
  if (owner !== undefined && name !== undefined) learn({ project: shortened(`${owner}/${name}`) });
}

/** Bounds the length of a path in the log. */
const shortened = (text: string) => text.slice(0, 100);
