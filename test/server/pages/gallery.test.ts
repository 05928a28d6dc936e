import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type axeCore from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../../chromium.ts";
import { openApiSample } from "./openapi-sample.ts";
import { SCENE_GROUPS } from "../../../server/pages/gallery/page.ts";
import type { Scene } from "../../../server/pages/gallery/scene.ts";
import { createPages } from "../../../server/pages/pages.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const built = join(import.meta.dirname, "../../../dist/widget");
const pages = createPages({
  examples: async () => [],
  openapi: openApiSample,
  serverUrl: "https://runner.example",
  scriptUrl: "https://runner.example/deferred-runner.js",
  pinnedScript: { url: "https://runner.example/v/x/deferred-runner.js", integrity: "sha384-abc" },
  isSignedIn: async () => false,
  version: "0.1.0",
});

const scenes = SCENE_GROUPS.flatMap((group) => group.scenes);

/** The state in which a scene of the gallery stays. */
function stateOf({ still, answer, events = [] }: Scene): string {
  if (still) return "idle";
  if (answer?.status === 403) return "refused";
  if (answer && answer.status !== 202) return "posted";
  const last = events.at(-1);
  if (!last) return "posted";
  switch (last.type) {
    case "ended":
      return last.state;
    case "waking":
    case "retrying":
      return last.type;
    case "queued":
      return "queued";
    default:
      return "running";
  }
}

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** The gallery, once every block is in its state; `faults` are what the browser complained about. */
async function openGallery(options: BrowserContextOptions) {
  const page = await browser.newPage({ reducedMotion: "reduce", ...options });
  // Times and waits are the same in every picture.
  await page.clock.setFixedTime("2026-01-01T12:00:00Z");
  await page.addInitScript(() => {
    Math.random = () => 0.5;
  });
  const faults: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(error.message));
  await page.route("**/*", async (route) => {
    const { pathname } = new URL(route.request().url());
    const file = /^\/(deferred-runner\.js|v\/.*)$/.test(pathname) ? join(built, pathname) : "";
    if (existsSync(file)) return route.fulfill({ path: file, contentType: "text/javascript" });
    const response = await pages.request(pathname, { headers: await route.request().allHeaders() });
    await route.fulfill({
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: Buffer.from(await response.arrayBuffer()),
    });
  });
  await page.goto("https://runner.example/gallery");
  const expected = scenes.map((scene) => `${scene.id}: ${stateOf(scene)}`);
  await expect.poll(() => statesOn(page)).toEqual(expected);
  return { page, faults };
}

function statesOn(page: Page): Promise<string[]> {
  return page.locator(".scene").evaluateAll((all) =>
    all.map((scene) => {
      const block = scene.querySelector("deferred-runner");
      return `${scene.id}: ${block?.state ?? "none"}`;
    }),
  );
}

/** In forced colours the reader's palette decides on contrast, and axe does not see it. */
async function violations(page: Page, forced: boolean): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async (forced) => {
    const rules = { "color-contrast": { enabled: !forced } };
    const { axe } = globalThis as unknown as { axe: typeof axeCore };
    const { violations } = await axe.run({ rules });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" ")}`);
  }, forced);
}

const kinds = [
  { name: "light and wide", width: 1280, colorScheme: "light", forcedColors: "none" },
  { name: "dark and wide", width: 1280, colorScheme: "dark", forcedColors: "none" },
  { name: "light and narrow", width: 390, colorScheme: "light", forcedColors: "none" },
  { name: "dark and narrow", width: 390, colorScheme: "dark", forcedColors: "none" },
  { name: "in forced colours", width: 390, colorScheme: "dark", forcedColors: "active" },
] as const;

describe.each(kinds)("the gallery, $name", ({ width, colorScheme, forcedColors }) => {
  test("shows every state without an accessibility violation, a fault, or a sideways scroll", async () => {
    const viewport = { width, height: 900 };
    const { page, faults } = await openGallery({ viewport, colorScheme, forcedColors });
    expect(await violations(page, forcedColors === "active")).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    expect(faults).toEqual([]);
    await page.close();
  });
});
