import type { Context, ErrorHandler, NotFoundHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { HtmlEscapedString } from "hono/utils/html";
import type { Logger } from "pino";
import { ERRORS, type ErrorCode, type Problem } from "../../protocol/errors.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { isDiskTrouble } from "../database/disk-trouble.ts";
import { requestFacts } from "../logs/request-facts.ts";
import { learnFromPath, routeOf } from "./requests/observe.ts";

export const PROBLEM_TYPE = "application/problem+json";

/** Maximum characters of a detail, since it may quote the request. */
const LONGEST_DETAIL = 2000;

interface ProblemFacts {
  code: ErrorCode;
  detail?: string | undefined;
  retryAfterS?: number | undefined;
  headers?: Record<string, string>;
}

/** The RFC 9457 document of an error. */
export function problemOf(code: ErrorCode, detail?: string): Problem {
  const [status, title] = ERRORS[code];
  const shown =
    detail !== undefined && detail.length > LONGEST_DETAIL
      ? `${detail.slice(0, LONGEST_DETAIL)}…`
      : detail;
  return { type: `/docs#error-${code}`, title, status, code, detail: shown };
}

export function problemResponse(c: Context, { code, detail, retryAfterS, headers }: ProblemFacts) {
  const problem = problemOf(code, detail);
  return c.json(problem, problem.status as ContentfulStatusCode, {
    ...headers,
    ...(retryAfterS !== undefined && { "retry-after": String(retryAfterS) }),
    // The rest of the body would still arrive on this connection.
    ...(code === "body_too_slow" && { connection: "close" }),
    "content-type": PROBLEM_TYPE,
    "cache-control": "no-store",
  });
}

/** Faults of the server, which are logged for its operator. */
const LOGGED = new Set<ErrorCode>(["internal", "sealed_otherwise", "storage_unavailable"]);

/** Answers a thrown error with a problem document and logs the server's own faults. */
export function onError(log: Logger): ErrorHandler {
  return (error, c) => {
    const known = asApiError(error);
    if (LOGGED.has(known.code)) {
      learnFromPath(c);
      const { method } = c.req;
      log.error({ err: error, code: known.code, method, route: routeOf(c) }, "request failed");
    }
    return problemResponse(c, known);
  };
}

/** The error to answer with; an unexpected error becomes the cause of `internal`. */
function asApiError(error: Error): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof HTTPException && error.status === 413) return new ApiError("body_too_large");
  const cause = error;
  if (isDiskTrouble(error)) {
    return new ApiError("storage_unavailable", undefined, { retryAfterS: 5, cause });
  }
  const request = requestFacts()?.request;
  return new ApiError("internal", request && `It is on record as request ${request}.`, { cause });
}

export type NotFoundPage = (c: Context) => HtmlEscapedString | Promise<HtmlEscapedString>;

/**
 * Answers a browser with a page and a program with a problem document. A path that ends in a slash is
 * redirected to the one without.
 */
export function onNotFound(page: NotFoundPage) {
  const handler: NotFoundHandler = async (c) => {
    const byBrowser = c.req.method === "GET" && c.req.header("accept")?.includes("text/html");
    if (!byBrowser) return problemResponse(c, { code: "not_found" });
    const { pathname, search } = new URL(c.req.url);
    // A location that begins with two slashes would name another host.
    if (/[^/]\/+$/.test(pathname)) {
      const trimmed = pathname.replace(/^\/+/, "/").replace(/\/+$/, "");
      return c.redirect(trimmed + search, 308);
    }
    const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:";
    return c.html(await page(c), 404, { "content-security-policy": policy });
  };
  return handler;
}
