import type { Context } from "hono";
import { ApiError } from "../../../protocol/deferred-error.ts";

/**
 * Throws `header_invalid` unless a page of this server sent the form. Compares with the request's own host too, since
 * the page may be open under another name than the public `url`.
 */
export function checkSameOrigin(c: Context, url: string): void {
  const site = c.req.header("sec-fetch-site");
  const own = [new URL(url).origin, new URL(c.req.url).origin];
  const same =
    site === undefined ? own.includes(c.req.header("origin") ?? "") : site === "same-origin";
  if (!same) throw new ApiError("header_invalid", "Origin: another page's.");
}
