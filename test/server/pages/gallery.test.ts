import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type axeCore from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../../chromium.ts";
import { clippedTexts, spaceTexts } from "./clipped-texts.ts";
import { openApiSample } from "./openapi-sample.ts";
import { openPictures, type Pictures } from "./pictures.ts";
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
let pictures: Pictures;
beforeAll(async () => {
  browser = await launchChromium();
  pictures = await openPictures(browser);
});
afterAll(() => browser.close());

/** Timers of at least so many ms never fire: no block tries again, and no countdown goes on. */
const LONG_MS = 300;

/** The gallery, once every block is in its state; `faults` are what the browser complained about. */
async function openGallery(options: BrowserContextOptions) {
  const page = await browser.newPage({ reducedMotion: "reduce", ...options });
  // Times and waits are the same in every picture.
  await page.clock.setFixedTime("2026-01-01T12:00:00Z");
  await page.addInitScript((longMs) => {
    Math.random = () => 0.5;
    const { setTimeout } = globalThis;
    const patient = (run: () => void, ms = 0) => (ms < longMs ? setTimeout(run, ms) : 0);
    Object.assign(globalThis, { setTimeout: patient });
  }, LONG_MS);
  const faults: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(error.message));
  await page.route("**/*", async (route) => {
    const { pathname } = new URL(route.request().url());
    const file = /^\/(deferred-runner\.js|v\/.*)$/.test(pathname) ? join(built, pathname) : "";
    if (existsSync(file)) return route.fulfill({ path: file, contentType: "text/javascript" });
    const headers = await route.request().allHeaders();
    if (pathname.endsWith("/document")) headers["sec-fetch-dest"] = "iframe";
    const response = await pages.request(pathname, { headers });
    await route.fulfill({
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: Buffer.from(await response.arrayBuffer()),
    });
  });
  await page.goto("https://runner.example/gallery");
  const expected = scenes.map((scene) => `${scene.id}: ${stateOf(scene)}`);
  await expect.poll(() => statesOn(page)).toEqual(expected);
  await settle(page);
  return { page, faults };
}

/** Waits until fonts, pictures and documents are there, and the blocks keep their text and height. */
async function settle(page: Page): Promise<void> {
  // Pictures and documents load near the screen, and documents draw themselves there.
  const { scrollHeight, clientWidth } = await page.evaluate(() => ({
    scrollHeight: document.documentElement.scrollHeight,
    clientWidth: document.documentElement.clientWidth,
  }));
  await page.setViewportSize({ width: clientWidth, height: scrollHeight });
  await page.waitForLoadState("networkidle");
  await page
    .locator("img")
    .evaluateAll((images: HTMLImageElement[]) =>
      Promise.all(images.map((image) => image.decode())),
    );
  await page.frameLocator("iframe").locator("body *").first().waitFor();
  await page.evaluate(() => document.fonts.ready);
  let before: string | undefined;
  await expect
    .poll(async () => {
      const now = await page
        .locator("deferred-runner")
        .evaluateAll((all) =>
          all.map((one) => `${one.clientHeight} ${one.shadowRoot?.textContent}`).join(),
        );
      const isSame = now === before;
      before = now;
      return isSame;
    })
    .toBe(true);
}

function statesOn(page: Page): Promise<string[]> {
  return page.locator(".scene").evaluateAll((all) =>
    all.map((scene) => {
      const block = scene.querySelector("deferred-runner");
      return `${scene.id}: ${block?.state ?? "none"}`;
    }),
  );
}

/** In forced colours the reader's palette decides on contrast, and axe does not see it. Documents in frames are no part of the page. */
async function violations(page: Page, forced: boolean): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async (forced) => {
    const rules = { "color-contrast": { enabled: !forced } };
    const { axe } = globalThis as unknown as { axe: typeof axeCore };
    const { violations } = await axe.run({ rules, iframes: false });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" ")}`);
  }, forced);
}

const kinds = [
  { name: "light and wide", width: 1280, colorScheme: "light", forcedColors: "none" },
  { name: "dark and wide", width: 1280, colorScheme: "dark", forcedColors: "none" },
  { name: "light and narrow", width: 390, colorScheme: "light", forcedColors: "none" },
  { name: "dark and narrow", width: 390, colorScheme: "dark", forcedColors: "none" },
  { name: "wide in forced colours", width: 1280, colorScheme: "dark", forcedColors: "active" },
  { name: "narrow in forced colours", width: 390, colorScheme: "dark", forcedColors: "active" },
] as const;

describe.each(kinds)("the gallery, $name", ({ width, colorScheme, forcedColors }) => {
  test("is as in its picture, without an accessibility violation, a fault, or a sideways scroll", async () => {
    const viewport = { width, height: 900 };
    const { page, faults } = await openGallery({ viewport, colorScheme, forcedColors });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    const name = `gallery-${width}-${forcedColors === "active" ? "forced" : colorScheme}`;
    await expect.poll(() => pictures.differenceOf(page, name)).toBeUndefined();
    expect(await violations(page, forcedColors === "active")).toEqual([]);
    expect(faults).toEqual([]);
    await page.close();
  });
});

test("at 200 %, and with more space in and between lines, no text is cut and nothing scrolls sideways", async () => {
  const { page } = await openGallery({
    viewport: { width: 640, height: 450 },
    deviceScaleFactor: 2,
  });
  const looks = async () => ({
    clipped: await page.evaluate(clippedTexts),
    width: await page.evaluate(() => document.documentElement.scrollWidth),
  });
  expect(await looks()).toEqual({ clipped: [], width: 640 });
  await page.evaluate(spaceTexts);
  expect(await looks()).toEqual({ clipped: [], width: 640 });
  // A page of 1280 px at 400 %.
  await page.setViewportSize({ width: 320, height: 256 });
  expect(await looks()).toEqual({ clipped: [], width: 320 });
  await page.close();
});

test("a screen reader finds below the output how the run ended", async () => {
  const { page } = await openGallery({ viewport: { width: 1280, height: 900 } });
  const block = await page.locator("#succeeded deferred-runner").ariaSnapshot();
  expect(block.split('group "Output"')[1]).toMatch(/Ended with exit status 0.*python/s);
  await page.close();
});
