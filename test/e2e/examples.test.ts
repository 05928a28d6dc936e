import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page, Request } from "playwright-core";
import { afterAll, beforeAll, describe, test } from "vitest";
import { COLOUR_RULES, violationsOn } from "../axe.ts";
import { becomes, endOf, openExample, press, recordStatus, useBrowser } from "./browser.ts";
import { exampleEndings } from "./example-endings.ts";
import { killNow } from "./processes.ts";
import { COMPILED } from "../compiled.ts";
import { eventually } from "../eventually.ts";
import { serve, startServing, type Served } from "../systems/process.ts";

const browser = useBrowser();
const EXAMPLE = join(import.meta.dirname, "../../setup/example.ts");
const RECORDED = join(import.meta.dirname, "../../examples/sunflower-python/recorded.svg");

// Most of the time programs sleep, as slow ones do.
describe.concurrent("the page of examples", () => {
  let shared: Served;
  beforeAll(async () => {
    shared = await startServing();
  });
  afterAll(() => shared.clear());

  test("all examples, pressed one after another in one tab of the browser, end as they should", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const page = await browser.open(shared.url, {}, atEnd);
    const streams = countStreams(page);
    const slugs = Object.keys(exampleEndings);
    expect(await page.locator("deferred-runner").count()).toBe(slugs.length);

    for (const slug of slugs) await press(await openExample(page, slug));
    for (const slug of slugs) {
      const block = await openExample(page, slug);
      const { status, output } = exampleEndings[slug]!;
      expect.soft(await endOf(block), slug).toMatch(status);
      const pieces = await block.locator("[part=output] pre").allInnerTexts();
      expect.soft(pieces.join(""), slug).toMatch(output);
      expect.soft(await block.getByRole("button", { name: /^Run/ }).isEnabled(), slug).toBe(true);
    }

    const picture = (await openExample(page, "picture-python")).locator("img");
    await picture.scrollIntoViewIfNeeded();
    await expect
      .poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth))
      .toBe(480);
    const fileOf = async (slug: string) => {
      const link = (await openExample(page, slug)).locator("a.file").first();
      return (await page.request.get((await link.getAttribute("href"))!)).text();
    };
    expect(await fileOf("report-ruby")).toMatch(/^a,5$/m);
    expect(await fileOf("sunflower-python")).toBe(await readFile(RECORDED, "utf8"));
    expect(streams.atOnce()).toBeLessThanOrEqual(2); // One, and its successor while they change over.
  });

  test("npm run example builds the blog for a server, and its posts run", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const example = spawn(process.execPath, [EXAMPLE, "blog", "--port", "0"], {
      env: { ...process.env, ...COMPILED, DEFERRED_URL: shared.url, DEFERRED_DATA: shared.data },
      stdio: ["ignore", "pipe", "inherit"],
    });
    atEnd(() => void example.kill());
    let printed = "";
    example.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
    // It builds the site twice, which takes a busy machine longer than a poll waits.
    const url = await eventually(async () => /blog is at (http\S+)/.exec(printed)?.[1]);

    const page = await browser.open(`${url}a-birthday-in-the-room/`, {}, atEnd);
    const block = page.locator("deferred-runner").last();
    await press(block);
    expect(await block.locator("[part=output] pre").innerText()).toContain("23 people   50.7%");
    const feed = await (await page.request.get(`${url}feed.xml`)).text();
    expect(feed.match(/<entry>/g)).toHaveLength(3);
    expect(feed).toContain("23 people   50.7%"); // As recorded.
  });

  test("the start page shows a result with its picture on the first screen of a laptop and a phone", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    for (const viewport of [
      { width: 1280, height: 800 },
      { width: 390, height: 844 },
    ]) {
      const page = await browser.open(shared.url, { viewport }, atEnd);
      const picture = page.locator("#sunflower-python").getByRole("img");
      await expect
        .poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth))
        .toBeGreaterThan(0);
      const { y, height } = (await picture.boundingBox())!;
      expect.soft(y + height).toBeLessThan(viewport.height);
      expect
        .soft(await page.evaluate(() => document.documentElement.scrollWidth))
        .toBe(viewport.width);
    }
  });

  test("tabs follow the arrow keys, the address and a reload, and without scripts all panels are shown", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const page = await browser.open(`${shared.url}/#tag-failing-node`, {}, atEnd);
    const chosen = () => page.getByRole("tab", { selected: true }).allInnerTexts();
    expect(await chosen()).toEqual(["Failure", "HTML"]);
    const tab = page.getByRole("tab", { name: "Failure" });
    await tab.press("ArrowRight");
    expect(await chosen()).toEqual(["Time limit", "HTML"]);
    await page.getByRole("tab", { name: "Time limit" }).press("End");
    await page.getByRole("tab", { name: "Changed code" }).press("ArrowRight");
    expect(await chosen()).toEqual(["One line", "HTML"]);
    await page.getByRole("tab", { name: "Hugo" }).click();
    await page.reload();
    expect(await chosen()).toEqual(["One line", "Hugo"]);
    expect(await page.locator("[role=tabpanel]:not([hidden])").count()).toBe(2);
    expect(await page.getByRole("tabpanel", { name: "Hugo" }).innerText()).toContain(
      "unsafe = true",
    );

    const plain = await browser.open(shared.url, { javaScriptEnabled: false }, atEnd);
    for (const slug of Object.keys(exampleEndings)) {
      expect.soft(await plain.locator(`#${slug} pre`).first().isVisible(), slug).toBe(true);
    }
    expect(await plain.getByText("unsafe = true").isVisible()).toBe(true);
  });

  test("a reader sees each step of a cold start, in the words of the state table", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const { url } = await serve({}, atEnd);
    const page = await browser.open(url, {}, atEnd);
    const block = await openExample(page, "slow-bash");
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
    const block = await openExample(page, "slow-bash");
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
    const block = await openExample(page, "silent-python");
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
    const page = await browser.open(shared.url, {}, atEnd);
    const block = await openExample(page, "failing-node");
    await press(block);
    await endOf(block);
    await page.emulateMedia({ colorScheme: "light" });
    expect(await violationsOn(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await violationsOn(page, COLOUR_RULES)).toEqual([]);
  });

  test("nothing on the page is wider than a phone", async ({ expect, onTestFinished: atEnd }) => {
    const page = await browser.open(shared.url, { viewport: { width: 390, height: 844 } }, atEnd);
    const block = await openExample(page, "hello-ruby");
    await press(block);
    await endOf(block);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  });

  test("the page reads well without scripts: the code is there", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const page = await browser.open(shared.url, { javaScriptEnabled: false }, atEnd);
    expect(await (await openExample(page, "hello-ruby")).innerText()).toContain("(1..100).sum");
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
