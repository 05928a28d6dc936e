import type { BrowserContextOptions, Locator, Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { pagePaths, paths } from "../../protocol/paths.ts";
import { listen } from "../../server/http/listen.ts";
import { COLOUR_RULES, violationsOn } from "../axe.ts";
import { eventually } from "../eventually.ts";
import { startPushedProject, type PushedProject } from "../server/pushed-project.ts";
import { startMailbox, textOfMail } from "../services/mailbox.ts";
import { useBrowser } from "./browser.ts";

const browser = useBrowser();

/** A project whose pages a signed-in browser has open. */
async function opened(
  options: BrowserContextOptions = {},
  server: Pick<NonNullable<Parameters<typeof startPushedProject>[0]>, "env" | "times"> = {},
) {
  const settings = { watchers: ["eve@example.org"] };
  const project = await startPushedProject({ settings, ...server });
  let busy = false;
  let sent = 0;
  const listener = await listen("127.0.0.1", 0, async (request) => {
    if (busy && request.url.includes("/live?")) return new Response(null, { status: 503 });
    const answer = await project.app.fetch(request);
    const count = new TransformStream<Uint8Array, Uint8Array>({
      transform(bytes, controller) {
        sent += bytes.length;
        controller.enqueue(bytes);
      },
    });
    return answer.body ? new Response(answer.body.pipeThrough(count), answer) : answer;
  });
  onTestFinished(() => listener.close());
  const base = `http://127.0.0.1:${listener.port}`;
  const { url } = (await project.own("POST", paths.signInLinks)) as { url: string };
  const page = await browser.open(base + new URL(url).pathname, options);
  const refused: string[] = [];
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) refused.push(message.text());
  });
  return {
    project,
    page,
    base,
    refused,
    go: (path: string) => page.goto(base + path),
    /** Whether the server has no room for a stream. */
    setBusy: (value: boolean) => (busy = value),
    /** Bytes of bodies that the server sent, as they went over the wire. */
    bytesSent: () => sent,
  };
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

/** One run that failed, one under way, and one behind it. */
async function someRuns(project: PushedProject) {
  const failed = await project.pushAndRun(
    { subject: "A subject as long as people write them when they explain" },
    3,
  );
  const { run, sha, delivery } = await project.push({ subject: "Under way", branch: "next" });
  const assignment = await project.claim();
  await project.steps(assignment, [
    { kind: "checkout", name: "Check out" },
    {
      name: "npm test -- --reporter=verbose-with-a-name-that-does-not-end",
      output: [
        { stream: "stdout", text: "\x1b[32mgreen\x1b[0m \x1b[31mred\x1b[0m \x1b[2mdim\x1b[0m\n" },
        { stream: "stderr", text: "x".repeat(400) },
      ],
      exit: undefined,
    },
  ]);
  // Authors choose subjects freely, and a branch's name has no blanks at which to wrap.
  await project.push({
    subject: `Behind${"e".repeat(150)}`,
    branch: `next_${"n".repeat(150)}`,
    author: { name: "a".repeat(150), email: "ada@example.org" },
  });
  await project.push({ subject: "Behind", branch: "next" });
  return { failed, run, sha, delivery, assignment };
}

const LOOKS = [
  { width: 1280, colorScheme: "light" },
  { width: 360, colorScheme: "dark" },
] as const;

/** The same widths in the other scheme: what may differ there is the colours. */
const OTHER_SCHEMES = [
  { width: 1280, colorScheme: "dark" },
  { width: 360, colorScheme: "light" },
] as const;

/** The pages that people act on, in one project and on the server. */
function actingPages(slug: string): string[] {
  return [
    ...[pagePaths.settings(slug), pagePaths.secrets(slug), pagePaths.repository(slug)],
    ...[pagePaths.webhook(slug), pagePaths.telling(slug), pagePaths.tokens(slug)],
    ...[pagePaths.removeProject(slug), pagePaths.runNow(slug), pagePaths.blocks(slug)],
    ...[pagePaths.members(slug), pagePaths.projectAudit(slug), pagePaths.projectMachines(slug)],
    ...["/", pagePaths.newProject, pagePaths.removedProjects, pagePaths.account],
    ...[pagePaths.operator, pagePaths.machines, pagePaths.addMachine, pagePaths.audit],
    ...[pagePaths.keys(slug), pagePaths.branches(slug), pagePaths.sign(slug), pagePaths.users],
  ];
}

type Look = (typeof LOOKS | typeof OTHER_SCHEMES)[number];

async function show(page: Page, { width, colorScheme }: Look): Promise<void> {
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme });
}

async function checkColours(page: Page, path: string, looks: readonly Look[]): Promise<void> {
  for (const look of looks) {
    await show(page, look);
    expect([path, look, await violationsOn(page, COLOUR_RULES)]).toEqual([path, look, []]);
  }
}

test("every page that people read is accessible and fits its width, light and dark, wide and narrow", async () => {
  const { project, page, go, refused } = await opened();
  const { failed, run, sha, delivery } = await someRuns(project);
  const { slug } = project;
  for (const path of [
    pagePaths.projects,
    pagePaths.project("local/demo"),
    pagePaths.project(slug),
    pagePaths.runs(slug),
    `${pagePaths.runs(slug)}?q=state:faild`,
    `${pagePaths.runs(slug)}?q=kind:command+state:unsuccessful`,
    pagePaths.blocks(slug),
    pagePaths.run(slug, run),
    pagePaths.run(slug, failed.run),
    `${pagePaths.run(slug, failed.run)}?q=test`,
    pagePaths.commit(slug, sha),
    pagePaths.deliveries(slug),
    pagePaths.delivery(slug, delivery),
    pagePaths.notices(slug),
    pagePaths.project("acme/missing"),
  ]) {
    await go(path);
    for (const look of LOOKS) {
      await show(page, look);
      const scrolled = await page.evaluate(() => document.documentElement.scrollWidth);
      expect([path, scrolled]).toEqual([path, look.width]);
      // On a narrow page the same tables have another form; what else may differ is the colours.
      const looked = look.width > 1000 || /runs\/|commits|faild|site$/.test(path);
      expect([path, await violationsOn(page, looked ? {} : COLOUR_RULES)]).toEqual([path, []]);
    }
    await checkColours(page, path, OTHER_SCHEMES);
  }
  await page.context().clearCookies();
  await go(pagePaths.project(slug));
  for (const look of LOOKS) {
    await show(page, look);
    expect(await violationsOn(page)).toEqual([]);
  }
  expect(refused).toEqual([]);
});

test("every page that people act on is accessible and fits its width, light and dark, wide and narrow", async () => {
  const { project, page, go, refused } = await opened();
  await project.push({ subject: "Pushed" });
  // These share their tables and fields, so each has all rules in one of the looks, and those of colours in the others.
  for (const [index, path] of actingPages(project.slug).entries()) {
    await go(path);
    const look = LOOKS[index % LOOKS.length]!;
    await show(page, look);
    const scrolled = await page.evaluate(() => document.documentElement.scrollWidth);
    expect([path, scrolled]).toEqual([path, look.width]);
    expect([path, await violationsOn(page)]).toEqual([path, []]);
    await checkColours(page, path, [LOOKS[(index + 1) % LOOKS.length]!, ...OTHER_SCHEMES]);
  }
  expect(refused).toEqual([]);
});

test("the header stands at one place on every page, and no page scrolls sideways", async () => {
  const { project, page, go } = await opened();
  const { failed } = await someRuns(project);
  const { slug } = project;
  const header = page.locator(".top");
  const tops = () =>
    header
      .locator(":scope > *")
      .evaluateAll((parts) =>
        parts.map((part) => Math.round(part.getBoundingClientRect().top / 20)),
      );
  const places = new Map<number, Set<string>>([320, 390, 1280].map((width) => [width, new Set()]));
  for (const path of [
    ...["/", "/docs", pagePaths.projects, pagePaths.project(slug), pagePaths.operator],
    ...[pagePaths.run(slug, failed.run), "/nowhere"],
  ]) {
    await go(path);
    for (const [width, seen] of places) {
      await page.setViewportSize({ width, height: 900 });
      const scrolled = await page.evaluate(() => document.documentElement.scrollWidth);
      expect([path, scrolled]).toEqual([path, width]);
      const boxes = [await header.boundingBox(), await header.locator("a").last().boundingBox()];
      seen.add(JSON.stringify(boxes));
      // On a phone the links of the account stand beside the name, above the others.
      if (width === 390) expect([path, new Set(await tops()).size]).toEqual([path, 2]);
    }
  }
  expect([...places].map(([width, seen]) => [width, seen.size])).toEqual([
    [320, 1],
    [390, 1],
    [1280, 1],
  ]);
});

test("what is pressed on a narrow page is at least 24 px high", async () => {
  const { project, page, go } = await opened({ viewport: { width: 390, height: 844 } });
  const { failed, sha, delivery } = await someRuns(project);
  const { slug } = project;
  for (const path of [
    ...[pagePaths.projects, pagePaths.project(slug), pagePaths.runs(slug)],
    ...[pagePaths.run(slug, failed.run), pagePaths.commit(slug, sha)],
    ...[pagePaths.deliveries(slug), pagePaths.delivery(slug, delivery)],
    ...[pagePaths.notices(slug), pagePaths.signInPage, ...actingPages(slug)],
  ]) {
    await go(path);
    // A form within a paragraph ends it, and leaves an empty one.
    expect([path, await page.locator("main p:empty").count()]).toEqual([path, 0]);
    expect([path, await smallTargets(page)]).toEqual([path, []]);
  }
});

test("a run's page follows it to its end, and leaves alone what a person reads", async () => {
  const { project, page, go, refused, setBusy } = await opened();
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

test("a live page takes at most twice the bytes of the log that it shows", async () => {
  const { project, page, go, bytesSent } = await opened();
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

test("another attempt begins the log of an open page anew", async () => {
  const { project, page, go } = await opened();
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
  const rows = page.locator(".waterfall tbody tr");
  expect(await rows.count()).toBe(1);
  await rows.getByRole("img", { name: "Errored" }).waitFor();
  expect(await rows.getByRole("link").getAttribute("href")).toBe("#step-0");
});

test("a failure's mail leads to its line, from where one runs it again and cancels that", async () => {
  const mailbox = await startMailbox();
  const env = { SMTP_URL: mailbox.url, DEFERRED_MAIL_FROM: "runner@example.net" };
  const { project, page, go } = await opened({}, { env, times: { noticeDelays: [20] } });
  const { run } = await project.pushAndRun({ subject: "Breaks" }, 3, "expected 4, got 5\n");
  const mail = await eventually(async () => mailbox.mails[0]);
  const [, link = ""] = /^The run: (.*)$/m.exec(textOfMail(mail.source)) ?? [];
  const { pathname, search, hash } = new URL(link);
  await go(pathname + search + hash);
  await page.locator(".l:target").getByText("expected 4, got 5").waitFor();
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
  const { project, page, go } = await opened({ viewport: { width: 1280, height: 900 } });
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

test("without scripts a page says all that there was when it was asked for", async () => {
  const { project, page, go } = await opened({ javaScriptEnabled: false });
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
  const { project, page, go } = await opened();
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
  const { project, page, base, go } = await opened();
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
