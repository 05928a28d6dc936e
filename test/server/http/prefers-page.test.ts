import { expect, test } from "vitest";
import { prefersHtml } from "../../../server/http/requests/prefers-page.ts";

test.each([
  // Firefox, Chromium and Safari, when a person opens an address.
  ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true],
  ["text/html", true],
  ["text/html, application/json;q=0.9", true],
  ["TEXT/HTML;q=0.9, */*;q=0.8", true],
  ["*/*", false],
  ["", false],
  ["application/json", false],
  ["application/json, text/html", false],
  ["application/*, text/html;q=0.9", false],
  ["text/html;q=0.5, */*", false],
  ["text/html;q=0", false],
  ["text/html;q=none", false],
  ["text/plain", false],
])("%j prefers a page: %j", (accept, page) => {
  expect(prefersHtml(accept)).toBe(page);
});
