import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page, Request } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COLOUR_RULES, violationsOn } from "../../axe.ts";
import { launchChromium } from "../../chromium.ts";
import { clippedTexts, spaceTexts } from "./clipped-texts.ts";
import { openApiSample } from "./openapi-sample.ts";
import { openPictures, type Pictures } from "./pictures.ts";
import { SCENE_GROUPS } from "../../../server/pages/gallery/page.ts";
import type { Scene } from "../../../server/pages/gallery/scene.ts";
import { createPages } from "../../../server/pages/pages.ts";

const built = join(import.meta.dirname, "../../../dist/widget");
const pages = createPages({
  examples: async () => [],
  guides: async () => [],
  openapi: openApiSample,
  serverUrl: "https://runner.example",
  scriptUrl: "https://runner.example/deferred-runner.js",
  pinnedScript: { url: "https://runner.example/v/x/deferred-runner.js", integrity: "sha384-abc" },
  currentUser: async () => undefined,
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

/** The gallery, once every block is in its state; `faults` are what the browser complained about, `requests` are under way. */
async function openGallery(options: BrowserContextOptions) {
  const page = await browser.newPage({ reducedMotion: "reduce", ...options });
  page.setDefaultTimeout(0); // The test has the time limit.
  // Times and waits are the same in every picture.
  await page.clock.setFixedTime("2026-01-01T12:00:00Z");
  await page.addInitScript((longMs) => {
    Math.random = () => 0.5;
    const { setTimeout } = globalThis;
    const patient = (run: () => void, ms = 0) => (ms < longMs ? setTimeout(run, ms) : 0);
    Object.assign(globalThis, { setTimeout: patient });
  }, LONG_MS);
  const requests = new Set<Request>();
  page.on("request", (request) => requests.add(request));
  for (const event of ["requestfinished", "requestfailed"] as const) {
    page.on(event as "requestfinished", (request) => requests.delete(request));
  }
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
  await settle(page, requests);
  return { page, faults, requests };
}

/** Waits until fonts, pictures and documents are there, and the blocks keep their text and height. */
async function settle(page: Page, requests: ReadonlySet<Request>): Promise<void> {
  // Pictures and documents load near the screen, and documents draw themselves there.
  const { scrollHeight, clientWidth } = await page.evaluate(() => ({
    scrollHeight: document.documentElement.scrollHeight,
    clientWidth: document.documentElement.clientWidth,
  }));
  await page.setViewportSize({ width: clientWidth, height: scrollHeight });
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
      const isSame = now === before && requests.size === 0;
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

const LOOKS = [
  { scheme: "light", colorScheme: "light", forcedColors: "none", axe: {} },
  { scheme: "dark", colorScheme: "dark", forcedColors: "none", axe: COLOUR_RULES },
  // The reader's palette decides on colours there, and axe does not see it.
  { scheme: "forced", colorScheme: "dark", forcedColors: "active", axe: undefined },
] as const;

const opened = new Map<number, ReturnType<typeof openGallery>>();

/** One gallery of each width: it shows one scheme after another, as where the reader's system changes at nightfall. */
function galleryOf(width: number): ReturnType<typeof openGallery> {
  const gallery = opened.get(width) ?? openGallery({ viewport: { width, height: 900 } });
  opened.set(width, gallery);
  return gallery;
}

describe.each([
  { what: "wide", width: 1280 },
  { what: "narrow", width: 390 },
])("the gallery, $what", ({ width }) => {
  test.each(LOOKS)(
    "$scheme: is as in its picture, without an accessibility violation, a fault, or a sideways scroll",
    async ({ scheme, axe, ...look }) => {
      const { page, faults, requests } = await galleryOf(width);
      await page.emulateMedia(look);
      await settle(page, requests);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      const picture = `gallery-${width}-${scheme}`;
      await expect.poll(() => pictures.differenceOf(page, picture)).toBeUndefined();
      // Documents in frames are no part of the page.
      expect(axe && (await violationsOn(page, { ...axe, iframes: false }))).toEqual(axe && []);
      expect(faults).toEqual([]);
    },
  );
});

test("a screen reader finds below the output how the run ended", async () => {
  const { page } = await galleryOf(1280);
  const block = await page.locator("#succeeded deferred-runner").ariaSnapshot();
  expect(block.split('group "Output"')[1]).toMatch(/Ended with exit status 0.*python/s);
});

test("in forced colours a Run that takes no press has the colour of disabled text", async () => {
  const { page } = await galleryOf(1280);
  await page.emulateMedia({ forcedColors: "active" });
  const colours = await page.evaluate(() => {
    const probe = document.body.appendChild(document.createElement("i"));
    const looks = ["GrayText", "ButtonText"].map((color) => {
      probe.style.color = color;
      return getComputedStyle(probe).color;
    });
    probe.remove();
    return looks;
  });
  const colourOf = (id: string) =>
    page.locator(`#${id} [part=button]`).evaluate((button) => getComputedStyle(button).color);
  expect(await Promise.all(["running", "bare-idle"].map(colourOf))).toEqual(colours);
  expect(colours[0]).not.toBe(colours[1]);
});

test("no slow click is lost while the element is drawn again in other words", async () => {
  const { page } = await galleryOf(1280);
  const slowClick = async (id: string, part: string, lang: string) => {
    const button = page.locator(`#${id} [part=${part}]`);
    await button.hover();
    await page.mouse.down();
    const before = await button.getAttribute("aria-label");
    await page
      .locator(`#${id} deferred-runner`)
      .evaluate((block, lang) => block.setAttribute("lang", lang), lang);
    await expect.poll(() => button.getAttribute("aria-label")).not.toBe(before);
    await page.mouse.up();
  };
  await slowClick("bare-idle", "button", "de");
  await page.locator("#bare-idle deferred-runner[state=succeeded]").waitFor();
  await slowClick("queued", "stop", "fr");
  await page.locator("#queued deferred-runner[state=canceled]").waitFor();
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
