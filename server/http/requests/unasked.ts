import type { Context } from "hono";
import { createIsbotFromList, list } from "isbot";

/** Browsers that somebody drives, as tests of pages do, press Run because somebody wants to. */
const DRIVEN = ["headless", "cypress/", "playwright", "selenium"];
const isBot = createIsbotFromList(list.filter((pattern) => !DRIVEN.includes(pattern)));

/**
 * To that list everything is a bot that is no browser, such as curl, wget, python-requests and node, with
 * which blocks are run as documented. Crawlers run a page's scripts as browsers, or say what they are.
 */
const CRAWLS = /^mozilla\/|bot\b|crawl|spider|externalhit|preview/i;
/** What a program says of itself may be long, and is looked at with many patterns. */
const LOOKED_AT = 400;

/** Which header says that nobody asked for this request; undefined where somebody may have. */
export function unaskedBy(c: Context): string | undefined {
  for (const name of ["Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"]) {
    if (/\b(prefetch|prerender|preview)\b/i.test(c.req.header(name) ?? "")) return name;
  }
  const agent = (c.req.header("user-agent") ?? "").slice(0, LOOKED_AT);
  return CRAWLS.test(agent) && isBot(agent) ? "User-Agent" : undefined;
}
