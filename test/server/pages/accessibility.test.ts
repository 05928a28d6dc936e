import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COLOUR_RULES, violationsOn } from "../../axe.ts";
import { launchChromium } from "../../chromium.ts";
import { openApiSample } from "./openapi-sample.ts";
import { loadExamples, signExamples } from "../../../server/pages/examples.ts";
import { renderGuides } from "../../../setup/guides/render.ts";
import { createPages } from "../../../server/pages/pages.ts";

const examples = await loadExamples(join(import.meta.dirname, "../../../examples"));
const guides = renderGuides();
const pages = createPages({
  examples: () => signExamples(examples, async () => "e30.e30.c2ln"),
  guides: async () => guides,
  openapi: openApiSample,
  serverUrl: "https://runner.example",
  scriptUrl: "https://runner.example/deferred-runner.js",
  pinnedScript: { url: "https://runner.example/v/x/deferred-runner.js", integrity: "sha384-abc" },
  currentUser: async () => undefined,
  version: "0.1.0",
});

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const kinds = [
  { name: "light and wide", width: 1280, colorScheme: "light", forcedColors: "none", axe: {} },
  { name: "dark and narrow", width: 390, colorScheme: "dark", forcedColors: "none", axe: {} },
  {
    name: "in forced colours",
    width: 390,
    colorScheme: "light",
    forcedColors: "active",
    axe: COLOUR_RULES,
  },
] as const;

// A short guide with code and a table, the calls of a tag, and what a search found.
const DOCS = ["/docs", "/docs/tokens", "/docs/api/things", "/docs/search?q=cache"];

describe.each(["/", ...DOCS])("%s", (path) => {
  test.each(kinds)(
    "$name has no accessibility violations and fits its width",
    async ({ width, colorScheme, forcedColors, axe }) => {
      const page = await browser.newPage({
        viewport: { width, height: 900 },
        colorScheme,
        forcedColors,
      });
      await page.route("**/*", async (route) => {
        const { pathname, search } = new URL(route.request().url());
        const response = await pages.request(pathname + search);
        await route.fulfill({
          status: response.status,
          headers: Object.fromEntries(response.headers),
          body: Buffer.from(await response.arrayBuffer()),
        });
      });
      await page.goto(`https://runner.example${path}`);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      expect(await violationsOn(page, axe)).toEqual([]);
      await page.close();
    },
  );
});
