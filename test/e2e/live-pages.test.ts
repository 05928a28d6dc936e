import { expect, test } from "vitest";
import { pagePaths } from "../../protocol/paths.ts";
import { useBrowser } from "./browser.ts";
import { openProject } from "./open-project.ts";

const browser = useBrowser();

test("a run's page follows it to its end, and leaves alone what a person reads", async () => {
  const { project, page, go, refused, setBusy } = await openProject(browser);
  const { run } = await project.push({ subject: "Follow me" });
  setBusy(true);
  const declined = page.waitForResponse((response) => response.status() === 503);
  await go(pagePaths.run(project.slug, run));
  await declined;
  setBusy(false);
  const status = page.getByRole("status");
  await status.getByText(/Waiting for a machine|waking one/).waitFor();

  const assignment = await project.claim();
  await project.steps(assignment, [
    { kind: "checkout", name: "Check out", output: "From origin\n" },
    { name: "make", output: "first line\n", exit: undefined },
  ]);
  await status.getByText("Running.").waitFor();
  const output = page.locator("#step-1 pre");
  await output.getByText("first line").waitFor();
  const listed = page.locator(".waterfall tr", { hasText: "make" });
  await listed.getByRole("img", { name: "Running" }).waitFor();
  // Its bar grows without news, at the same scale as the others.
  await page.locator('.waterfall .pieces:not([viewBox="0 0 1000 10"])').first().waitFor();
  const edges = await listed.locator(".pieces").evaluate((svg: SVGSVGElement) => {
    const bar = svg.querySelector("rect")!;
    return [svg.viewBox.baseVal.width, bar.x.baseVal.value + bar.width.baseVal.value];
  });
  expect(edges[1]).toBe(edges[0]);

  // The page was there before the first step, and its tools search what came since.
  await page.getByLabel("Search the log").fill("first");
  await page.getByText("1 of 1").waitFor();
  await page.getByLabel("Search the log").press("Escape");

  // Somebody opens the first step, marks a word, and goes on reading.
  await page.locator("#step-0 summary").click();
  await output.evaluate((pre) => {
    const text = pre.querySelector(".l")!.lastChild!;
    getSelection()!.setBaseAndExtent(text, 0, text, 5);
    (globalThis as unknown as { kept: Node }).kept = text;
  });
  await project.print(assignment, 3, { stream: "stdout", text: "second line\n" });
  await output.getByText("second line").waitFor();
  await project.print(assignment, 4, { stream: "stderr", text: "a warning\n" });
  await output.locator(".stderr").getByText("a warning").waitFor();
  expect(await output.innerText()).toBe("first line\nsecond line\na warning");
  expect(await page.evaluate(() => getSelection()!.toString())).toBe("first");
  expect(
    await page.evaluate(() => (globalThis as unknown as { kept: Node }).kept.isConnected),
  ).toBe(true);
  expect(await page.locator("#step-0").getAttribute("open")).toBe("");

  const ended = { type: "step_ended", step: 2, exit_code: 2, signal: null, ran_s: 1 };
  await project.print(assignment, 5, ended);
  await project.finish(assignment, { exit_code: 2 });
  await status.getByText("Failed with exit status 2 after 3.2 s.").waitFor();
  await page.locator("#step-1 .how").getByText("exit status 2").waitFor();
  await listed.getByRole("img", { name: "Failed" }).waitFor();
  expect(await page.locator("[data-events]").count()).toBe(0);
  expect(await page.locator("#step-0").getAttribute("open")).toBe("");
  expect(refused).toEqual([]);
});

test("of sixty steps, the list shows the one that runs, above what is fixed to the window's end", async () => {
  const { project, page, go } = await openProject(browser, {
    viewport: { width: 1280, height: 900 },
  });
  const { run } = await project.push({ subject: "Sixty" });
  const assignment = await project.claim();
  const steps = Array.from({ length: 60 }, (_, index) => ({ name: `step ${index + 1}` }));
  await project.steps(assignment, [...steps.slice(0, 59), { name: "step 60", exit: undefined }]);
  await go(pagePaths.run(project.slug, run));
  const topOf = async (of: string) => (await page.locator(of).boundingBox())!.y;
  const row = ".waterfall tr:has(.clock)";
  await expect.poll(() => page.locator(row).innerText()).toContain("step 60");
  await expect.poll(() => topOf(row)).toBeLessThan(await topOf(".follow"));
  expect(await topOf(row)).toBeGreaterThan(await topOf(".waterfall"));
  // Also on a window that becomes narrow, where the list is elsewhere.
  await page.setViewportSize({ width: 390, height: 900 });
  await expect
    .poll(async () => (await topOf(row)) - (await topOf(".waterfall")))
    .toBeGreaterThan(400);
  await page.setViewportSize({ width: 1280, height: 900 });
  const roomBelow = () =>
    page.locator(".waterfall").evaluate((list: HTMLElement) => list.style.paddingBottom);
  await expect.poll(roomBelow).not.toBe("");
  await project.finish(assignment, { exit_code: 0 });
  await expect.poll(roomBelow).toBe("");
});

test("a live page takes at most twice the bytes of the log that it shows", async () => {
  const { project, page, go, bytesSent } = await openProject(browser);
  const { run } = await project.push({ subject: "Prints" });
  const assignment = await project.claim();
  await project.steps(assignment, [
    { kind: "checkout", name: "Check out", output: "From origin\n" },
    { name: "npm test", output: "begun\n", exit: undefined },
  ]);
  await go(pagePaths.run(project.slug, run));
  const output = page.locator("#step-1 pre");
  await output.getByText("begun").waitFor();
  const before = bytesSent();
  let seq = 3;
  let log = "";
  for (let piece = 0; piece < 60; piece++) {
    const text = Array.from(
      { length: 8 },
      (_, line) =>
        `\x1b[32m✓\x1b[0m test ${piece * 8 + line}: ${crypto.randomUUID()} ${crypto.randomUUID()}\n`,
    ).join("");
    log += text;
    await project.print(assignment, seq++, { stream: "stdout", text });
    if (piece % 10 === 0) await output.getByText(`test ${piece * 8}:`).waitFor();
  }
  await output.getByText("test 479:").waitFor();
  // The log is followed until somebody scrolls up, and again from its end.
  const follow = page.getByLabel("Follow the log");
  const isAtEnd = () =>
    page
      .locator("#step-1 .log")
      .evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight < 8);
  await page.waitForFunction(() => document.querySelector("#step-1 .log")!.scrollTop > 0);
  expect([await follow.isChecked(), await isAtEnd()]).toEqual([true, true]);
  await page.locator("#step-1 .log").evaluate((box) => box.scrollTo(0, 40));
  await page.waitForFunction(
    () => !document.querySelector<HTMLInputElement>(".follow input")!.checked,
  );
  await project.print(assignment, seq++, { stream: "stdout", text: "later\n" });
  log += "later\n";
  await output.getByText("later").waitFor();
  expect(await page.locator("#step-1 .log").evaluate(({ scrollTop }) => scrollTop)).toBe(40);
  await page.getByRole("button", { name: "To the end" }).click();
  expect([await follow.isChecked(), await isAtEnd()]).toEqual([true, true]);
  // Lines that are wrapped otherwise put the end elsewhere, and nobody has scrolled.
  await page.setViewportSize({ width: 700, height: 500 });
  await expect.poll(isAtEnd).toBe(true);
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.getByLabel("Wrap lines").uncheck();
  await expect.poll(isAtEnd).toBe(true);
  await page.getByLabel("Wrap lines").check();
  expect(await follow.isChecked()).toBe(true);
  await project.print(assignment, seq++, {
    ...{ type: "step_ended", step: 2, exit_code: 1, signal: null, ran_s: 1 },
  });
  await project.finish(assignment, { exit_code: 1 });
  await page.getByRole("status").getByText("Failed with exit status 1").waitFor();
  await page.waitForFunction(() => !document.querySelector("[data-events]"));
  const ratio = (bytesSent() - before) / Buffer.byteLength(log);
  expect([ratio, ratio <= 2]).toEqual([ratio, true]);
  // What was appended is what the page shows when it is loaded anew.
  const shown = () =>
    output.evaluate((pre) =>
      [...pre.children].map((line) => [
        ...[line.id, line.className, line.textContent],
        ...[...line.querySelectorAll("a")].map(({ hash, dataset }) => [
          ...[hash, dataset["n"], dataset["t"]],
        ]),
        ...[...line.querySelectorAll("span")].map((span) => [span.className, span.textContent]),
      ]),
    );
  const live = await shown();
  await page.reload();
  const loaded = await shown();
  expect(loaded.length).toBe(482);
  expect(await follow.count()).toBe(0);
  expect(live).toEqual(loaded);
});

test("a step that begins while the page looks for another brings no log that is there", async () => {
  const { project, page, go, bytesSent } = await openProject(browser);
  const { run } = await project.push({ subject: "Quick steps" });
  const assignment = await project.claim();
  await project.steps(assignment, [{ name: "make", output: "begun\n", exit: undefined }]);
  const address = pagePaths.run(project.slug, run);
  await go(address);
  await page.locator("#step-0 pre").getByText("begun").waitFor();
  const wholes: string[] = [];
  page.on("request", (request) => {
    const { pathname, search } = new URL(request.url());
    if (pathname === address && search === "") wholes.push(request.url());
  });
  const step = (number: number, name: string) => ({
    ...{ type: "step_started", step: number, kind: "command", name },
  });
  const ended = { type: "step_ended", step: 1, exit_code: 0, signal: null, ran_s: 1 };
  let looks = 0;
  await page.route("**/*log=none", async (route) => {
    const answer = await route.fetch();
    if (looks++ === 0) {
      const before = bytesSent();
      await project.print(assignment, 3, step(2, "npm test"), { stream: "stdout", text: "a\n" });
      await expect.poll(bytesSent).toBeGreaterThan(before);
      // The stream's events reach the page's script.
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));
    }
    await route.fulfill({ response: answer });
  });
  await project.print(assignment, 2, ended);
  await page.locator("#step-1 pre").getByText("a", { exact: true }).waitFor();
  expect([wholes, looks]).toEqual([[], 2]);
  await project.print(assignment, 4, { stream: "stdout", text: "b\n" });
  await page.locator("#step-1 pre").getByText("b", { exact: true }).waitFor();
  expect(await page.locator("#step-1 pre").innerText()).toBe("a\nb");
});

test("another attempt begins the log of an open page anew", async () => {
  const { project, page, go } = await openProject(browser);
  const { run } = await project.push({ subject: "Moves" });
  const worker = await project.worker();
  const first = await project.claim();
  await project.steps(first, [{ name: "make", output: "old 1\nold 2\n", exit: undefined }]);
  await go(pagePaths.run(project.slug, run));
  const output = page.locator("#step-0 pre");
  await output.getByText("old 2").waitFor();
  await project.print(first, 2, { stream: "stdout", text: "old 3\n" });
  await output.getByText("old 3").waitFor();
  await worker.finish(first, { cause: "handed_back", exit_code: null });
  const second = await project.claim();
  await project.steps(second, [{ name: "make", output: "new 1\n", exit: undefined }]);
  await output.getByText("new 1").waitFor();
  await project.print(second, 2, { stream: "stdout", text: "new 2\n" });
  await output.getByText("new 2").waitFor();
  expect(await output.innerText()).toBe("new 1\nnew 2");
  expect(await page.locator(".attempts").innerText()).toContain("gave the run back");
  // The lost attempt has a list of its own steps.
  await go(`${pagePaths.run(project.slug, run)}?attempt=1`);
  // What it waited for has a row as well where it took long, and no link.
  const rows = page.locator(".waterfall tbody tr", { has: page.getByRole("link") });
  expect(await rows.count()).toBe(1);
  await rows.getByRole("img", { name: "Errored" }).waitFor();
  expect(await rows.getByRole("link").getAttribute("href")).toBe("#step-0");
});
