import type { Context } from "hono";
import { createIsbotFromList, list } from "isbot";

/** Automated browsers, as in tests of pages, press Run on purpose. */
const DRIVEN = ["headless", "cypress/", "playwright", "selenium"];
const isBot = createIsbotFromList(list.filter((pattern) => !DRIVEN.includes(pattern)));

/**
 * isbot counts every client that is no browser as a bot, such as curl and python-requests, which the docs use
 * to run blocks. Crawlers run a page's scripts as browsers, or name themselves.
 */
const CRAWLS = /^mozilla\/|bot\b|crawl|spider|externalhit|preview/i;
/** Characters of a User-Agent that are matched, against many patterns. */
const LOOKED_AT = 400;

/** The header that marks the request as a prefetch or a crawler's; undefined where none does. */
export function unaskedBy(c: Context): string | undefined {
  for (const name of ["Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"]) {
    if (/\b(prefetch|prerender|preview)\b/i.test(c.req.header(name) ?? "")) return name;
  }
  const agent = (c.req.header("user-agent") ?? "").slice(0, LOOKED_AT);
  return CRAWLS.test(agent) && isBot(agent) ? "User-Agent" : undefined;
}
