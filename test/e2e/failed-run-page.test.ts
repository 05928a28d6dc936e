import type { Locator } from "playwright-core";
import { expect, test } from "vitest";
import { pagePaths } from "../../protocol/paths.ts";
import { violationsOn } from "../axe.ts";
import { eventually } from "../eventually.ts";
import { startMailbox, textOfMail } from "../services/mailbox.ts";
import { useBrowser } from "./browser.ts";
import { openProject } from "./open-project.ts";

const browser = useBrowser();

test("a failure's mail leads to its line, from where one runs it again and cancels that", async () => {
  const mailbox = await startMailbox();
  const env = { SMTP_URL: mailbox.url, DEFERRED_MAIL_FROM: "runner@example.net" };
  const { project, page, go } = await openProject(
    browser,
    {},
    { env, times: { noticeDelays: [20] } },
  );
  const passed = Array.from({ length: 200 }, (_, index) => `passed ${index}\n`).join("");
  const printed = `${passed}expected 4, got 5\n`;
  const { run } = await project.pushAndRun({ subject: "Breaks" }, 3, printed);
  const mail = await eventually(async () => mailbox.mails[0]);
  const [, link = ""] = /^The run: (.*)$/m.exec(textOfMail(mail.source)) ?? [];
  const { pathname, search, hash } = new URL(link);
  await go(pathname + search + hash);
  const line = page.locator(".l:target");
  await line.getByText("expected 4, got 5").waitFor();
  // Nobody has to scroll to it.
  const box = (await line.boundingBox())!;
  const log = (await line.locator("xpath=ancestor::*[contains(@class, 'log')][1]").boundingBox())!;
  const bottom = Math.min(page.viewportSize()!.height, log.y + log.height);
  expect([box.y >= Math.max(0, log.y), box.y + box.height <= bottom + 1]).toEqual([true, true]);
  await page.getByRole("button", { name: "Run again" }).click();
  await page.getByRole("status").getByText("Waiting for a machine").waitFor();
  const again = new URL(page.url()).pathname;
  expect([again.startsWith(pagePaths.runs(project.slug)), again === pathname]).toEqual([
    true,
    false,
  ]);
  expect(pathname).toBe(pagePaths.run(project.slug, run));
  await page.getByRole("link", { name: "Cancel" }).click();
  await page.getByRole("button", { name: /^Cancel/ }).click();
  await page.getByRole("status").getByText("Canceled").waitFor();
  expect(new URL(page.url()).pathname).toBe(again);
});

test("a run that failed shows why: quoted in its status, at the end of its log, by line", async () => {
  const { project, page, go } = await openProject(browser, {
    viewport: { width: 1280, height: 900 },
  });
  const { run } = await project.push({ subject: "Breaks" });
  const assignment = await project.claim();
  const lines = Array.from({ length: 60 }, (_, index) => `✔ test ${index + 1}\n`).join("");
  await project.steps(assignment, [
    { kind: "checkout", name: "Check out", output: "From origin\n" },
    { name: "npm run lint", output: "clean\n" },
    {
      name: "npm test",
      output: [
        { stream: "stdout", text: lines },
        { stream: "stderr", text: "✖ test 61: expected 4, got 5\n" },
      ],
      exit: 3,
    },
  ]);
  await project.finish(assignment, { exit_code: 3 });
  await go(pagePaths.run(project.slug, run));
  const quoted = page.getByRole("status").locator(".quote");
  expect(await quoted.innerText()).toMatch(/✔ test 60\n✖ test 61: expected 4, got 5$/);
  const inSight = (selector: string) =>
    page.locator(selector).evaluate((line) => {
      const box = line.closest(".log")!.getBoundingClientRect();
      const { top, bottom } = line.getBoundingClientRect();
      return top >= box.top && bottom <= box.bottom + 1;
    });
  expect(await inSight("#step-2-L61")).toBe(true);
  expect(await page.locator("#step-1").getAttribute("open")).toBeNull();
  // Each line has an address, which a quoted one leads to.
  await page.getByRole("link", { name: "Line 60" }).click();
  expect(new URL(page.url()).hash).toBe("#step-2-L60");
  // The list of steps stays in view beside the log, and leads to each step.
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  const list = page.locator(".waterfall");
  const boxOf = async (what: Locator) => (await what.boundingBox())!;
  const log = page.locator("#step-0");
  const wide = await boxOf(list);
  expect([wide.y >= 0, wide.y < 300]).toEqual([true, true]);
  expect(wide.x + wide.width).toBeLessThanOrEqual((await boxOf(log)).x);
  await list.getByRole("link", { name: "npm run lint" }).click();
  await page.locator("#step-1[open]").waitFor();
  await page.locator("#step-1").evaluate((step: HTMLDetailsElement) => (step.open = false));
  // On a narrow page it stands above the log.
  await page.setViewportSize({ width: 390, height: 900 });
  const narrow = await boxOf(list);
  expect(narrow.y + narrow.height).toBeLessThanOrEqual((await boxOf(log)).y);
  await page.setViewportSize({ width: 1280, height: 900 });
  // A search opens the step in which it finds something; keys lead through the steps.
  await page.keyboard.press("/");
  await page.keyboard.type("CLEAN");
  expect(await page.locator("#step-1").getAttribute("open")).toBe("");
  expect(await page.locator(".found").innerText()).toBe("1 of 1");
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  expect(await page.locator("#step-1 summary:focus").count()).toBe(1);
  await page.keyboard.press("?");
  await page.getByRole("dialog").getByText("Use these keys").waitFor();
  expect(await violationsOn(page)).toEqual([]);
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByLabel("Wrap lines").uncheck();
  expect(await page.locator("#step-2-L1").evaluate((l) => getComputedStyle(l).whiteSpace)).toBe(
    "pre",
  );
  const timeOf = (line: string) =>
    page.locator(`${line} > a`).evaluate((a) => getComputedStyle(a, "::after").content);
  expect(await timeOf("#step-2-L1")).toBe("none");
  await page.getByLabel("Times").check();
  expect(await timeOf("#step-2-L1")).toMatch(/^"0:0\d"$/);
  // The server searches as well, and gives the log as text.
  await go(`${pagePaths.run(project.slug, run)}?q=TEST+6`);
  expect(await page.locator(".found-lines").innerText()).toMatch(
    /^3 lines contain “TEST 6”.*npm test.*✔ test 6\n✔ test 60\n✖ test 61/s,
  );
  await page.getByRole("link", { name: "Line 6 of step 3" }).click();
  expect(await page.locator("#step-2-L6").evaluate((line) => line.matches(":target"))).toBe(true);
  const raw = await page.request.get(page.url().replace(/\?.*/, "/log"));
  expect(await raw.text()).toContain("[npm run lint]\nclean\n\n[npm test]\n✔ test 1\n");
  await go(`${pagePaths.run(project.slug, run)}#step-2-L1`);
  expect(await inSight("#step-2-L1")).toBe(true);
  expect(await page.locator("#step-2-L1").evaluate((line) => line.matches(":target"))).toBe(true);
  expect(await violationsOn(page)).toEqual([]);
});
