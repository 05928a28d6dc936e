import { expect, test } from "vitest";
import { pagePaths } from "../../protocol/paths.ts";
import { useBrowser } from "./browser.ts";
import { openProject, someRuns } from "./open-project.ts";

const browser = useBrowser();

test("without scripts a page says all that there was when it was asked for", async () => {
  const { project, page, go } = await openProject(browser, { javaScriptEnabled: false });
  const { run } = await someRuns(project);
  await go(pagePaths.run(project.slug, run));
  expect(await page.getByRole("status").innerText()).toContain("Running.");
  expect(await page.locator("#step-1 pre").innerText()).toContain("green red dim");
  await go(pagePaths.project(project.slug));
  await page.getByLabel("Branch or tag").selectOption({ label: "next" });
  await page.getByRole("button", { name: "Show" }).click();
  expect(await page.getByRole("row").allInnerTexts()).not.toContain("A subject");
  await page.getByRole("button", { name: "Sign out" }).click();
  await go(pagePaths.project(project.slug));
  expect(await page.locator("h1").innerText()).toBe("Sign in to see this.");
});

test("from the list of projects the keyboard leads to a step's output", async () => {
  const { project, page, go } = await openProject(browser);
  const { failed } = await someRuns(project);
  await go(pagePaths.projects);
  const enter = async (name: RegExp) => {
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press("Tab");
      const focused = await page.evaluate(() => document.activeElement?.textContent ?? "");
      if (name.test(focused.trim())) return page.keyboard.press("Enter");
    }
    throw new Error(`the keyboard does not reach ${name}`);
  };
  await enter(/^acme\/site$/);
  await page.waitForURL(/acme\/site$/);
  await enter(/^A subject/);
  await page.waitForURL(/commits/);
  await enter(/^A subject/);
  await page.waitForURL(new RegExp(failed.run));
  await enter(/npm test[^]*exit status/);
  expect(await page.locator("#step-1").getAttribute("open")).toBeNull();
});

test("a browser reads the feed as Atom and draws the badge, also on other sites", async () => {
  const { project, page, base, go } = await openProject(browser);
  await project.pushAndRun({ subject: "Works & <goes> on" });
  await go(pagePaths.project(project.slug));
  const badge = page.getByRole("img", { name: "The badge of acme/site" });
  expect(await badge.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(60);
  const address = await page.getByRole("link", { name: "Feed", exact: true }).getAttribute("href");
  const feed = await page.evaluate(async (url) => {
    const text = await (await fetch(url!)).text();
    const xml = new DOMParser().parseFromString(text, "application/xml");
    const all = (name: string) => [...xml.getElementsByTagName(name)].map((e) => e.textContent);
    return { root: xml.documentElement.nodeName, titles: all("title"), ids: all("id") };
  }, address);
  expect(feed.root).toBe("feed");
  expect(feed.titles).toEqual(["acme/site", "Succeeded: Works & <goes> on (main)"]);
  expect(new Set(feed.ids).size).toBe(2);
  const drawn = new URL((await badge.getAttribute("src"))!, base);
  await page.goto(`${base.replace("127.0.0.1", "localhost")}/healthz`);
  const width = await page.evaluate(async (src) => {
    const image = new Image();
    image.src = src;
    // One that is refused has none.
    await image.decode().catch(() => {});
    return image.naturalWidth;
  }, drawn.href);
  expect(width).toBeGreaterThan(60);
});
