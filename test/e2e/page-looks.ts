import type { Page } from "playwright-core";
import { expect } from "vitest";
import { COLOUR_RULES, violationsOn } from "../axe.ts";

export const LOOKS = [
  { width: 1280, colorScheme: "light" },
  { width: 360, colorScheme: "dark" },
] as const;

/** The same widths in the other scheme: what may differ there is the colours. */
export const OTHER_SCHEMES = [
  { width: 1280, colorScheme: "dark" },
  { width: 360, colorScheme: "light" },
] as const;

type Look = (typeof LOOKS | typeof OTHER_SCHEMES)[number];

export async function show(page: Page, { width, colorScheme }: Look): Promise<void> {
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme });
}

export async function checkColours(
  page: Page,
  path: string,
  looks: readonly Look[],
): Promise<void> {
  for (const look of looks) {
    await show(page, look);
    expect([path, look, await violationsOn(page, COLOUR_RULES)]).toEqual([path, look, []]);
  }
}

/** A page of that width does not scroll sideways. */
export async function checkWidth(page: Page, path: string, width: number): Promise<void> {
  const scrolled = await page.evaluate(() => document.documentElement.scrollWidth);
  expect([path, scrolled]).toEqual([path, width]);
}

/** What is pressed on a narrow page is at least 24 px high. */
export async function checkTargets(page: Page, path: string): Promise<void> {
  await page.setViewportSize({ width: 390, height: 844 });
  // A form within a paragraph ends it, and leaves an empty one.
  expect([path, await page.locator("main p:empty").count()]).toEqual([path, 0]);
  expect([path, await smallTargets(page)]).toEqual([path, []]);
}

/** What is under 24 px wide or high (WCAG 2.2, 2.5.8). Links within a sentence are excepted, as are numbers of lines, and columns of charts, whose tables have the same links. */
function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const isInSentence = (one: Element) =>
      one.closest("p") !== null &&
      [...one.parentElement!.childNodes].some(
        (node) => node.nodeType === Node.TEXT_NODE && /\w/.test(node.textContent ?? ""),
      );
    return [...document.querySelectorAll("a[href], button, summary, select, input")]
      .filter((one) => one.checkVisibility() && !one.closest(".skip, .output, svg"))
      .map((one) => ({ one, box: one.getBoundingClientRect() }))
      .filter(({ box }) => Math.min(box.width, box.height) < 24)
      .filter(({ one }) => !isInSentence(one))
      .map(({ one, box }) => `${box.width} x ${box.height}: ${one.outerHTML}`);
  });
}

/** Checks that the header stands where it stood on the first page. */
export function followHeader(page: Page) {
  const places = new Map<number, unknown>();
  const header = page.locator(".top");
  const tops = () =>
    header
      .locator(":scope > *")
      .evaluateAll((parts) =>
        parts.map((part) => Math.round(part.getBoundingClientRect().top / 20)),
      );
  return {
    async check(path: string): Promise<void> {
      for (const width of [320, 390, 1280]) {
        await page.setViewportSize({ width, height: 900 });
        await checkWidth(page, path, width);
        const boxes = [await header.boundingBox(), await header.locator("a").last().boundingBox()];
        if (!places.has(width)) places.set(width, boxes);
        expect([path, width, boxes]).toEqual([path, width, places.get(width)]);
        // On a phone the links of the account stand beside the name, above the others.
        if (width === 390) expect([path, new Set(await tops()).size]).toEqual([path, 2]);
      }
    },
  };
}
