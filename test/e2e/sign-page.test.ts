import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { deferred, startServing, type Served } from "../systems/process.ts";
import { useBrowser } from "./browser.ts";

const browser = useBrowser();
let served: Served;
beforeAll(async () => {
  served = await startServing();
});
afterAll(() => served.clear());

/** A folder for a picture of each page; absent: none are taken. */
const PICTURES = process.env["TEST_PICTURES"];

/** A person's hand: counts what it does. */
function handOf(page: Page) {
  const done = { clicks: 0, pastes: 0 };
  return {
    done,
    async click(target: Locator) {
      await target.waitFor();
      if (PICTURES) {
        await mkdir(PICTURES, { recursive: true });
        await page.screenshot({ path: join(PICTURES, `${done.clicks}.png`), fullPage: true });
      }
      done.clicks += 1;
      await target.click();
    },
    async paste() {
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

test("from the first page of an account to a block that runs on one's own page: 8 clicks and 2 pastes", async () => {
  const { stdout: link } = await deferred(served, ["sign-in"]);
  const page = await browser.open(link.trim(), {
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const { click, paste, done } = handOf(page);
  const copied = (text: string) =>
    page.evaluate((words) => navigator.clipboard.writeText(words), text);

  await page.getByLabel("Name", { exact: true }).fill("Ada");
  await page.getByLabel("E-mail").fill("ada@example.org");
  await page.getByLabel("Password", { exact: true }).fill("long enough for everybody");
  await click(page.getByRole("button", { name: "Save" }));
  await click(page.getByRole("navigation", { name: "Main" }).getByText("Projects"));
  await click(page.getByRole("link", { name: "local/demo" }));
  await click(page.getByRole("link", { name: "Blocks" }));
  await click(page.getByRole("link", { name: "Sign a block" }));
  // The field has the focus.
  await page.getByLabel("Program").and(page.locator(":focus")).waitFor();
  await copied('print("hello", 6 * 7)\n');
  await paste();
  await page.getByText("What is signed").waitFor();
  await click(page.getByRole("button", { name: "Sign", exact: true }));
  await page.waitForURL(/\/blocks\/\w{16}$/);
  await click(page.getByRole("button", { name: "Copy the block for HTML" }));

  const site = await ownSite();
  await page.waitForFunction(async () =>
    (await navigator.clipboard.readText()).includes("<deferred-runner"),
  );
  await page.goto(site);
  await paste();
  const tag = await page.locator("textarea").inputValue();
  await page.request.put(site, { data: tag });
  await page.goto(site);
  await click(page.getByRole("button", { name: /^Run/ }));
  await page.getByText("hello 42").waitFor();
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
