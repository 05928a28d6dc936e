import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { inspectBlock } from "../../blocks/inspect.ts";
import { runCommandLine } from "../cli/command-line.ts";
import { eventually } from "../eventually.ts";
import { startMailbox } from "../services/mailbox.ts";
import { deferred, startServing, type Served } from "../systems/process.ts";
import { useBrowser } from "./browser.ts";

const browser = useBrowser();
let served: Served;
let mails: Awaited<ReturnType<typeof startMailbox>>["mails"];
const ends: (() => Promise<void>)[] = [];

async function start(): Promise<void> {
  const mailbox = await startMailbox((end) => ends.push(end));
  mails = mailbox.mails;
  served = await startServing({
    SMTP_URL: mailbox.url,
    ...{ DEFERRED_SIGN_UP: "open", DEFERRED_NEW_PROJECTS: "users" },
  });
  ends.push(() => served.clear());
}

async function stop(): Promise<void> {
  for (const end of ends.splice(0).toReversed()) await end();
}

beforeAll(start);
// An account is made once, so a test that is tried again needs a new server.
beforeEach(async ({ task }) => {
  if (!task.result?.retryCount) return;
  await stop();
  await start();
});
afterAll(stop);

/** A folder for a picture of each page; absent: none are taken. */
const PICTURES = process.env["TEST_PICTURES"];

/** A person's hand: counts what it does. */
function handOf(page: Page, way: string) {
  const done = { clicks: 0, pastes: 0 };
  return {
    done,
    async click(target: Locator) {
      await target.waitFor();
      if (PICTURES) {
        await mkdir(join(PICTURES, way), { recursive: true });
        await page.screenshot({ path: join(PICTURES, way, `${done.clicks}.png`), fullPage: true });
      }
      done.clicks += 1;
      await target.click();
    },
    async paste(text?: string) {
      if (text !== undefined) {
        await page.evaluate((words) => navigator.clipboard.writeText(words), text);
      }
      done.pastes += 1;
      await page.keyboard.press("Control+V");
    },
  };
}

/** An own page that begins empty, with an editor that takes what is pasted, as a static site's author has. */
async function ownSite(): Promise<string> {
  let saved =
    '<!doctype html><meta charset="utf-8"><title>Editor</title><textarea autofocus></textarea>';
  const server = createServer((request, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    if (request.method !== "PUT") {
      response.end(saved);
      return;
    }
    request.setEncoding("utf8");
    let body = "";
    request.on("data", (text: string) => (body += text));
    request.on("end", () => {
      saved = `<!doctype html><meta charset="utf-8"><title>Mine</title>${body}`;
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** From a project's form that signs to the block on a page of one's own, where it runs. */
async function signAndRun(page: Page, { click, paste }: ReturnType<typeof handOf>): Promise<void> {
  // The field has the focus.
  await page.getByLabel("Program").and(page.locator(":focus")).waitFor();
  await paste('print("hello", 6 * 7)\n');
  await page.getByText("What is signed").waitFor();
  await click(page.getByRole("button", { name: "Sign", exact: true }));
  await page.waitForURL(/\/blocks\/\w{16}$/);
  await click(page.getByRole("button", { name: "Copy the block for HTML" }));

  const site = await ownSite();
  await page.waitForFunction(async () =>
    (await navigator.clipboard.readText()).includes("<deferred-runner"),
  );
  await page.goto(site);
  // The page's focus and what is pasted arrive a moment after the load and the keys.
  const editor = page.locator("textarea");
  await editor.and(page.locator(":focus")).waitFor();
  await paste();
  await page.waitForFunction(() => document.querySelector("textarea")!.value !== "");
  const tag = await editor.inputValue();
  await page.request.put(site, { data: tag });
  await page.goto(site);
  await click(page.getByRole("button", { name: /^Run/ }));
  await page.getByText("hello 42").waitFor();
}

test("from the empty sign-up page to a block that runs on one's own page: 7 clicks and 2 pastes", async () => {
  const page = await browser.open(`${served.url}/sign-up`, {
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const hand = handOf(page, "sign-up");
  await page.getByLabel("E-mail").fill("grace@example.org");
  await hand.click(page.getByRole("button", { name: "Send me a link" }));
  await page.getByText("Look into your mail.").waitFor();

  const { source } = await eventually(async () =>
    mails.find(({ to }) => to[0]?.startsWith("grace")),
  );
  const text = source.replaceAll("=\r\n", "").replaceAll("=3D", "=");
  const [link = ""] = text.match(/http:\/\/\S+\/sign-up\/[\w-]+/) ?? [];
  await page.setContent(`<h1>Mails</h1><a href="${link}">Create the account</a>`);
  await hand.click(page.getByRole("link", { name: "Create the account" }));
  await page.getByLabel("Name", { exact: true }).fill("Grace Hopper");
  await page.getByLabel("Password", { exact: true }).fill("long enough for everybody");
  await hand.click(page.getByRole("button", { name: "Create the account" }));
  await page.getByLabel("Name").and(page.locator('[value="grace-hopper/blocks"]')).waitFor();
  await hand.click(page.getByRole("button", { name: "Make the project" }));
  await signAndRun(page, hand);
  expect(hand.done).toEqual({ clicks: 7, pastes: 2 });
});

test("from the first page of an account to a block that runs on one's own page: 8 clicks and 2 pastes", async () => {
  const { stdout: link } = await deferred(served, ["sign-in"]);
  const page = await browser.open(link.trim(), {
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const hand = handOf(page, "owner");
  const { click, done } = hand;

  await page.getByLabel("Name", { exact: true }).fill("Ada");
  await page.getByLabel("E-mail").fill("ada@example.org");
  await page.getByLabel("Password", { exact: true }).fill("long enough for everybody");
  await click(page.getByRole("button", { name: "Save" }));
  await click(page.getByRole("navigation", { name: "Main" }).getByText("Projects"));
  await click(page.getByRole("link", { name: "local/demo" }));
  await click(page.getByRole("link", { name: "Blocks" }));
  await click(page.getByRole("link", { name: "Sign a block" }));
  await signAndRun(page, hand);
  expect(done).toEqual({ clicks: 8, pastes: 2 });

  // The key can be used again, and not be read.
  const kept = await page.context().newPage();
  await kept.goto(`${served.url}/projects/local/demo/sign`);
  await kept.getByText("of this browser signs").waitFor();
  const readable = await kept.evaluate(async () => {
    const request = indexedDB.open("deferred-signing");
    await new Promise((resolve) => (request.onsuccess = resolve));
    const got = request.result.transaction("keys").objectStore("keys").get("local/demo");
    await new Promise((resolve) => (got.onsuccess = resolve));
    return (got.result as { privateKey: CryptoKey }).privateKey.extractable;
  });
  expect(readable).toBe(false);
});

/** What a request for a run holds. */
interface Signed {
  block: string;
  code: string;
}

/** Runs it as `curl --json @-` would; resolves with its output. */
async function outputOf(request: Signed): Promise<string> {
  const headers = { accept: "text/plain", "content-type": "application/json" };
  const body = JSON.stringify(request);
  const answer = await fetch(`${served.url}/v1/runs`, { method: "POST", headers, body });
  return answer.text();
}

/** The claims that are the author's own. */
function termsOf({ block }: Signed) {
  const { iat, exp, jti: _, ...terms } = inspectBlock(block).claims;
  return { ...terms, valid: exp === undefined ? undefined : exp - iat };
}

test("the page signs files, set-up and code before as the command line does, and they run alike", async () => {
  const { stdout: link } = await deferred(served, ["sign-in"]);
  const page = await browser.open(link.trim());
  await page.goto(`${served.url}/projects/local/demo/sign`);
  const folder = await mkdtemp(join(tmpdir(), "deferred-sign-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const program = "rows = open('data.csv').read().split()\nprint(len(rows), root(16), base)\n";
  const files = {
    "main.py": program,
    "data.csv": "1\n2\n3\n",
    "setup.py": "from math import sqrt as root\n",
    "intro.py": "print('not shown')\nbase = root(4)\n",
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const byCommand = await runCommandLine(
    [
      ...["sign", "main.py", "--format", "json", "--file", "data.csv", "--setup", "setup.py"],
      ...["--after", "intro.py", "--limit", "cpu_s=5", "--expires", "90d", "--runtime", "python"],
    ],
    { env: { DEFERRED_DATA: served.data, DEFERRED_URL: served.url }, cwd: folder },
  );

  const summary = (words: string) => page.locator("summary", { hasText: words });
  await page.getByLabel("Program", { exact: true }).fill(program);
  await summary("Data files").click();
  // Chosen, taken out again, and dropped.
  await page.getByLabel("Data files").setInputFiles(join(folder, "data.csv"));
  await page.getByText("1 file, 6 B").waitFor();
  await page.getByRole("button", { name: "Remove data.csv" }).click();
  await page.getByText("1 file, 6 B").waitFor({ state: "detached" });
  const dropped = await page.evaluateHandle((text) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], "data.csv"));
    return transfer;
  }, files["data.csv"]);
  await page.dispatchEvent("#file-drop", "drop", { dataTransfer: dropped });
  await page.getByText("1 file, 6 B").waitFor();
  await page.getByLabel("Set-up").fill(files["setup.py"]);
  await page.getByLabel("Code that it builds on").fill(files["intro.py"]);
  await summary("Inputs, limits").click();
  await page.getByLabel("Most seconds of processor time").fill("5");
  await page.getByLabel("Valid for").fill("90d");
  await page.getByRole("button", { name: "Sign", exact: true }).click();
  await page.waitForURL(/\/blocks\/\w{16}$/);
  await page.getByText("publish it to run it here").waitFor();
  const byPage = JSON.parse(await page.locator("#command-json").innerText()) as Signed;

  const signed = JSON.parse(byCommand.stdout) as Signed;
  expect(termsOf(byPage)).toEqual(termsOf(signed));
  const output = await outputOf(signed);
  expect(output).toContain("3 4.0 2.0");
  expect(await outputOf(byPage)).toBe(output);

  // Signed again, with a file that is too large for the tag.
  await page.getByRole("link", { name: "Sign it again" }).click();
  await page.getByRole("button", { name: "Remove data.csv" }).click();
  const large = Buffer.from("7\n".repeat(150_000));
  const file = { name: "data.csv", mimeType: "text/csv", buffer: large };
  await page.getByLabel("Data files").setInputFiles(file);
  await page.getByText("1 file, 300 kB: too large for the tag").waitFor();
  await page.getByRole("button", { name: "Sign", exact: true }).click();
  await page.getByText(/tick it, or choose smaller ones/).waitFor();
  await summary("Public page").click();
  await page.getByLabel("Give it a public page").check();
  await page.getByRole("button", { name: "Sign", exact: true }).click();
  await page.waitForURL(/\/blocks\/\w{16}$/);
  await page.getByRole("button", { name: /^Run/ }).click();
  await page.getByText("150000 4.0 2.0").waitFor();
});
