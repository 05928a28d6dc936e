import type { Context } from "hono";
import { createIsbotFromList, list } from "isbot";

/** Automated browsers, as in tests of pages. They press Run on purpose, so they do not count as crawlers. */
const AUTOMATED = ["headless", "cypress/", "playwright", "selenium"];
const isBot = createIsbotFromList(list.filter((pattern) => !AUTOMATED.includes(pattern)));

/**
 * User agents that isbot is asked about. It counts curl and python-requests as bots, with which the docs run blocks;
 * crawlers that run a page's scripts look like browsers or name themselves.
 */
const BROWSER_OR_BOT = /^mozilla\/|bot\b|crawl|spider|externalhit|preview/i;
/** Characters of a User-Agent that are matched, since isbot has many patterns. */
const MAX_CHARACTERS = 400;

/** The header that marks the request as a prefetch or a crawler's; undefined where none does. */
export function detectCrawler(c: Context): string | undefined {
  for (const name of ["Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"]) {
    if (/\b(prefetch|prerender|preview)\b/i.test(c.req.header(name) ?? "")) return name;
  }
  const agent = (c.req.header("user-agent") ?? "").slice(0, MAX_CHARACTERS);
  return BROWSER_OR_BOT.test(agent) && isBot(agent) ? "User-Agent" : undefined;
}
