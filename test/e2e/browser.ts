import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { launchChromium, sharedChromium } from "../chromium.ts";
import type { AtEnd } from "../systems/process.ts";

/** A Chromium for the tests of a file, shared with other files where no `options` are given; each test opens its own pages. */
export function useBrowser(options?: Parameters<typeof launchChromium>[0]): {
  open: (url: string, look?: BrowserContextOptions, atEnd?: AtEnd) => Promise<Page>;
} {
  let browser: Browser;
  beforeAll(async () => {
    browser = await (options ? launchChromium(options) : sharedChromium());
  });
  afterAll(async () => {
    if (options) await browser.close();
  });
  return {
    async open(url, look, atEnd = onTestFinished) {
      // A moving spinner is painted by the processor, 60 times a second for as long as a run lasts.
      const context = await browser.newContext({ reducedMotion: "reduce", ...look });
      atEnd(() => context.close());
      const page = await context.newPage();
      page.setDefaultTimeout(50_000);
      await page.goto(url);
      return page;
    },
  };
}

/** An example's block on the start page, in its tab. */
export async function openExample(page: Page, slug: string): Promise<Locator> {
  const tab = page.locator(`[role=tab][href="#${slug}"]`);
  if (await tab.count()) await tab.click();
  return page.locator(`#${slug} deferred-runner`);
}

/** Notes each thing the status line says, without the notes beside it, in order. */
export async function recordStatus(block: Locator): Promise<() => Promise<string[]>> {
  // The element is drawn only once its block is near the screen.
  await block.getByRole("button", { name: /^Run/ }).waitFor();
  const said = await block.evaluateHandle((element) => {
    const lines: string[] = [];
    const note = () => {
      const status = element.shadowRoot!.querySelector("[part=status] bdi");
      const text = status?.textContent.replaceAll("\u00a0", " ").trim();
      if (text && lines.at(-1) !== text) lines.push(text);
    };
    new MutationObserver(note).observe(element.shadowRoot!, {
      subtree: true,
      childList: true,
      characterData: true,
    });
    return lines;
  });
  return () => said.jsonValue();
}

/** Holds the page's requests of `url` until the returned function is called. */
export async function holdRequests(page: Page, url: RegExp): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  await page.route(url, async (route) => {
    await promise;
    await route.continue();
  });
  return resolve;
}

/** Resolves once the element is in that state. */
export function becomes(block: Locator, state: string): Promise<void> {
  return block.and(block.page().locator(`[state=${state}]`)).waitFor();
}

export function press(block: Locator): Promise<void> {
  return block.getByRole("button", { name: /^Run/ }).click();
}

/** What its status line says once it has ended, one way or another. */
export async function endOf(block: Locator): Promise<string> {
  await block.and(block.page().locator(ENDED)).waitFor();
  // A success is said below the output: the line above it is hidden.
  const status = await block.locator("[part=status]").textContent();
  return (status ?? "").replace(/\s+/g, " ").trim();
}

const ENDED = ["succeeded", "failed", "timed_out", "killed", "canceled", "errored", "refused"]
  .map((state) => `[state=${state}]`)
  .join(", ");
