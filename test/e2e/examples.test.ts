import type { Page, Request } from "playwright-core";
import { afterAll, beforeAll, describe, test } from "vitest";
import { becomes, endOf, exampleOf, press, recordStatus, useBrowser } from "./browser.ts";
import { exampleEndings } from "./example-endings.ts";
import { killNow } from "./processes.ts";
import { serve } from "./served.ts";
import { startServing, type Served } from "./server-process.ts";

const browser = useBrowser();

// Most of the time programs sleep, as slow ones do.
describe.concurrent("the page of examples", () => {
  let shared: Served;
  beforeAll(async () => {
    shared = await startServing();
  });
  afterAll(() => shared.clear());

  test("all eight examples, pressed at the same time in one tab, end as they should", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const page = await browser.open(shared.url, {}, atEnd);
    const streams = countStreams(page);
    const slugs = Object.keys(exampleEndings);
    expect(await page.locator("deferred-runner").count()).toBe(slugs.length);

    // A person has one pointer; a script presses all eight within the same turn.
    await page.locator("deferred-runner [part=button]").evaluateAll((buttons) => {
      for (const button of buttons) (button as HTMLButtonElement).click();
    });
    await Promise.all(
      slugs.map(async (slug) => {
        const block = exampleOf(page, slug);
        const { status, output } = exampleEndings[slug]!;
        expect.soft(await endOf(block), slug).toMatch(status);
        const pieces = await block.locator("[part=output] pre").allInnerTexts();
        expect.soft(pieces.join(""), slug).toMatch(output);
        expect.soft(await block.getByRole("button", { name: /^Run/ }).isEnabled(), slug).toBe(true);
      }),
    );

    const picture = exampleOf(page, "picture-python").locator("img");
    await picture.scrollIntoViewIfNeeded();
    await expect
      .poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth))
      .toBe(480);
    const files = exampleOf(page, "report-ruby").locator("[part=artifacts] a");
    const csv = await page.request.get((await files.first().getAttribute("href"))!);
    expect(await csv.text()).toMatch(/^a,5$/m);
    expect(streams.atOnce()).toBeLessThanOrEqual(2); // One, and its successor while they change over.
  });

  test("a reader sees each step of a cold start, in the words of the state table", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const { url } = await serve({}, atEnd);
    const page = await browser.open(url, {}, atEnd);
    const block = exampleOf(page, "slow-bash");
    const said = await recordStatus(block);
    await press(block);
    await block.getByText("step 2 of 8").waitFor(); // Output comes while the program still runs.
    expect(await block.getAttribute("state")).toBe("running");
    await endOf(block);
    const lines = await said();
    expect(lines).toEqual([
      "Waiting…",
      "No server available to handle the request; waking one",
      "Code sent, awaiting results",
      expect.stringMatching(/^Ended with exit status 0 after ([89]|1\d)(\.\d+)? s/),
    ]);
    await press(block);
    await becomes(block, "running");
    await block.getByRole("button", { name: "Stop" }).click();
    await becomes(block, "canceled");
  });

  test("a machine killed by hand in the middle of a run costs a retry and not the run", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const served = await serve({}, atEnd);
    const page = await browser.open(served.url, {}, atEnd);
    const block = exampleOf(page, "slow-bash");
    const said = await recordStatus(block);
    await press(block);
    await block.getByText("step 2 of 8").waitFor();
    const [pid] = await served.machines();
    killNow(-pid!);
    expect(await endOf(block)).toMatch(/^Ended with exit status 0/);
    expect(await said()).toContain("Retrying the original request (2 of 3)");
    const output = await block.locator("[part=output] pre").allInnerTexts();
    expect(output.join("").match(/step 1 of 8/g)).toHaveLength(1);
    expect(await served.machines()).not.toContain(pid);
  });

  test("a machine goes away when it is idle, and the next press wakes another", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const served = await serve({ DEFERRED_IDLE_S: "1" }, atEnd);
    expect(await served.machines()).toEqual([]);
    const page = await browser.open(served.url, {}, atEnd);
    const block = exampleOf(page, "silent-python");
    await press(block);
    await endOf(block);
    const [first] = await served.machines();
    await expect.poll(() => served.machines()).toEqual([]);
    const said = await recordStatus(block);
    await press(block);
    await expect.poll(() => said()).toContain("Code sent, awaiting results");
    await endOf(block);
    expect(await said()).toContain("No server available to handle the request; waking one");
    expect(await served.machines()).not.toContain(first);
  });

  test("the page and its blocks have no accessibility fault a checker finds, in both schemes", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await browser.open(shared.url, { colorScheme, bypassCSP: true }, atEnd);
      await press(exampleOf(page, "failing-node"));
      await endOf(exampleOf(page, "failing-node"));
      await page.addScriptTag({ path: "node_modules/axe-core/axe.min.js" });
      const violations = await page.evaluate(async () => {
        const { axe } = window as unknown as {
          axe: { run(): Promise<{ violations: { id: string }[] }> };
        };
        return (await axe.run()).violations.map((violation) => violation.id);
      });
      expect(violations).toEqual([]);
    }
  });

  test("nothing on the page is wider than a phone", async ({ expect, onTestFinished: atEnd }) => {
    const page = await browser.open(shared.url, { viewport: { width: 390, height: 844 } }, atEnd);
    await press(exampleOf(page, "hello-ruby"));
    await endOf(exampleOf(page, "hello-ruby"));
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  });

  test("the page reads well without scripts: the code is there", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const page = await browser.open(shared.url, { javaScriptEnabled: false }, atEnd);
    expect(await exampleOf(page, "hello-ruby").innerText()).toContain("(1..100).sum");
  });
});

/** How many event streams a page has open at one time, at the most. */
function countStreams(page: Page): { atOnce: () => number } {
  const open = new Set<Request>();
  let most = 0;
  page.on("request", (request) => {
    if (!new URL(request.url()).pathname.endsWith("/events")) return;
    open.add(request);
    most = Math.max(most, open.size);
  });
  for (const event of ["requestfinished", "requestfailed"] as const) {
    page.on(event as "requestfinished", (request) => open.delete(request));
  }
  return { atOnce: () => most };
}
