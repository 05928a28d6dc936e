import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type axeCore from "axe-core";
import type { Page } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The rules that depend on the colour scheme: for another scheme of a page that has passed all rules. */
export const COLOUR_RULES: axeCore.RunOptions = {
  runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] },
};

/** The accessibility faults of a page that axe finds, each with the elements that have it. */
export async function violationsOn(
  page: Page,
  options: axeCore.RunOptions = {},
): Promise<string[]> {
  // Several looks of one page share the script, which takes as long to parse as some rules take.
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe);
  // What passes is not described: on a long page that takes as long as the rules themselves.
  return page.evaluate(async (options) => {
    const { axe } = globalThis as unknown as { axe: typeof axeCore };
    const { violations } = await axe.run({ ...options, resultTypes: ["violations"] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" ")}`);
  }, options);
}
