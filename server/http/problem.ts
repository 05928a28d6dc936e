import type { Context, ErrorHandler, NotFoundHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { HtmlEscapedString } from "hono/utils/html";
import type { Logger } from "pino";
import { ERRORS, type ErrorCode, type Problem } from "../../protocol/errors.ts";
import { BlockError } from "../../blocks/block-error.ts";
import { isDiskTrouble } from "../database/disk-trouble.ts";
import { SealingError } from "../database/sealing.ts";
import { requestFacts } from "../logs/request-facts.ts";
import { learnFromPath, routeOf } from "./requests/observe.ts";

/** A refusal that a caller is told of: a code of the protocol's union and the facts of the case. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly headers: Record<string, string>;
  constructor(code: ErrorCode, detail?: string, headers: Record<string, string> = {}) {
    super(detail === undefined ? code : `${code}: ${detail}`);
    this.code = code;
    this.detail = detail;
    this.headers = headers;
  }
}

export const PROBLEM_TYPE = "application/problem+json";

/** A detail may quote the request, which may be long. */
const LONGEST_DETAIL = 2000;

/** The RFC 9457 document of an error. */
export function problemOf(code: ErrorCode, detail?: string): Problem {
  const [status, title] = ERRORS[code];
  const shown =
    detail !== undefined && detail.length > LONGEST_DETAIL
      ? `${detail.slice(0, LONGEST_DETAIL)}…`
      : detail;
  return { type: `/docs#error-${code}`, title, status, code, detail: shown };
}

/** The answer that an error gets. */
export function problemResponse(
  c: Context,
  code: ErrorCode,
  detail?: string,
  headers: Record<string, string> = {},
): Response {
  const problem = problemOf(code, detail);
  return c.json(problem, problem.status as ContentfulStatusCode, {
    ...headers,
    "content-type": PROBLEM_TYPE,
    "cache-control": "no-store",
  });
}

/** The one place where a thrown error becomes an answer: ours are recorded and told without facts. */
export function onError(log: Logger): ErrorHandler {
  return (error, c) => {
    if (error instanceof ProblemError) {
      return problemResponse(c, error.code, error.detail, error.headers);
    }
    if (error instanceof BlockError) return problemResponse(c, error.code, error.detail);
    if (error instanceof HTTPException && error.status === 413) {
      return problemResponse(c, "body_too_large");
    }
    learnFromPath(c);
    if (error instanceof SealingError) {
      log.error({ err: error, route: routeOf(c) }, "what is sealed does not open");
      return problemResponse(c, "sealed_otherwise");
    }
    if (isDiskTrouble(error)) {
      log.error({ err: error, method: c.req.method, route: routeOf(c) }, "nothing can be stored");
      return problemResponse(c, "storage_unavailable", undefined, { "retry-after": "5" });
    }
    log.error({ err: error, method: c.req.method, route: routeOf(c) }, "request failed");
    const request = requestFacts()?.request;
    return problemResponse(c, "internal", request && `It is on record as request ${request}.`);
  };
}

export type NotFoundPage = (c: Context) => HtmlEscapedString | Promise<HtmlEscapedString>;

/**
 * A person who followed a wrong link gets a page, a program the problem document. What stands there without the
 * slash at its end is led to.
 */
export function onNotFound(page: NotFoundPage) {
  const handler: NotFoundHandler = async (c) => {
    const byBrowser = c.req.method === "GET" && c.req.header("accept")?.includes("text/html");
    if (!byBrowser) return problemResponse(c, "not_found");
    const { pathname, search } = new URL(c.req.url);
    // One slash at its beginning: two would name another host.
    if (/[^/]\/+$/.test(pathname)) {
      const trimmed = pathname.replace(/^\/+/, "/").replace(/\/+$/, "");
      return c.redirect(trimmed + search, 308);
    }
    const policy = "default-src 'none'; style-src 'self'; img-src data:";
    return c.html(await page(c), 404, { "content-security-policy": policy });
  };
  return handler;
}
