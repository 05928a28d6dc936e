import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { becomes, endOf, holdRequests, press, useBrowser } from "./browser.ts";
import { held } from "./held.ts";
import { deferred, startServing, type Served } from "../systems/process.ts";

const TURBO = join(
  import.meta.dirname,
  "../../node_modules/@hotwired/turbo/dist/turbo.es2017-esm.js",
);

const browser = useBrowser();
let served: Served;
beforeAll(async () => {
  served = await startServing();
});
afterAll(() => served.clear());

/** The tag of a program that prints `one`, waits to be released, and prints `two`. */
async function heldBlock(): Promise<{ tag: string; release: () => void }> {
  const { line, release } = held();
  return { tag: await signedTag(`echo one\n${line}\necho two\n`), release };
}

async function signedTag(script: string, args: string[] = []): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deferred-life-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "program.sh"), script);
  const signed = await deferred(served, ["sign", join(folder, "program.sh"), ...args]);
  expect(signed).toMatchObject({ code: 0 });
  return signed.stdout;
}

/** Serves pages and scripts by their paths, as a static host would. */
async function hostOf(files: Record<string, string>): Promise<string> {
  const host = createServer(({ url = "" }, response) => {
    const type = url.endsWith(".js") ? "text/javascript" : "text/html";
    response.writeHead(200, { "content-type": `${type}; charset=utf-8` }).end(files[url] ?? "");
  });
  await new Promise<void>((resolve) => host.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    host.closeAllConnections();
    host.close();
  });
  return `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
}

const pageOf = (body: string, head = "") =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>${head}</head><body>${body}</body></html>`;

test("a run goes on while Turbo takes its page away and brings it back", async () => {
  const { tag, release } = await heldBlock();
  const turbo = '<script type="module" src="/turbo.js"></script>';
  const host = await hostOf({
    "/": pageOf(`${tag}<a href="/other">Other</a>`, turbo),
    "/other": pageOf('<a href="/">Back</a>', turbo),
    "/turbo.js": await readFile(TURBO, "utf8"),
  });
  const page = await browser.open(host);
  const block = page.locator("deferred-runner");
  await press(block);
  await block.getByText("one", { exact: true }).waitFor();
  await page.evaluate(() => Object.assign(window, { visitedByTurbo: true }));
  await page.getByRole("link", { name: "Other" }).click();
  await page.getByRole("link", { name: "Back" }).click();
  await block.getByText("one", { exact: true }).waitFor();
  release();
  expect(await endOf(block)).not.toBe("");
  expect(await block.getAttribute("state")).toBe("succeeded");
  expect(await block.locator("[part=output] pre").innerText()).toBe("one\ntwo\n");
  expect(await page.evaluate(() => "visitedByTurbo" in window)).toBe(true);
});

test("a page with two builds of the script has one element, and a block that comes late runs", async () => {
  const { tag, release } = await heldBlock();
  release();
  const home = await (await fetch(served.url)).text();
  const [, pinned] = /src=&quot;(http[^&]*\/v\/[^&]*)&quot;/.exec(home)!;
  const [element = "", script = ""] = tag.split(/(?=<script)/);
  const host = await hostOf({
    "/": pageOf(`${script}<script type="module" src="${pinned}"></script>`),
  });
  const page = await browser.open(host);
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.reload({ waitUntil: "networkidle" });
  await page.evaluate((html) => document.body.insertAdjacentHTML("beforeend", html), element);
  const block = page.locator("deferred-runner");
  await press(block);
  await endOf(block);
  expect(await block.getAttribute("state")).toBe("succeeded");
  expect(errors).toEqual([]);
});

test("the focus stays on Stop when the part for runs comes", async () => {
  const { tag } = await heldBlock();
  const page = await browser.open(await hostOf({ "/": pageOf(tag) }));
  const open = await holdRequests(page, /\/v\/run-/);
  const block = page.locator("deferred-runner");
  await press(block);
  const stop = block.getByRole("button", { name: "Stop" });
  await stop.focus();
  open();
  await becomes(block, "running");
  expect(await stop.evaluate((button) => button.matches(":focus"))).toBe(true);
  await page.keyboard.press("Enter");
  expect(await endOf(block)).toBe("The run was canceled.");
});

test("a Stop that is held down while the part for runs comes counts when it is let go", async () => {
  const { tag } = await heldBlock();
  const page = await browser.open(await hostOf({ "/": pageOf(tag) }));
  const open = await holdRequests(page, /\/v\/run-/);
  const block = page.locator("deferred-runner");
  await press(block);
  await block.getByRole("button", { name: "Stop" }).hover();
  await page.mouse.down();
  open();
  await becomes(block, "running");
  await block.getByRole("button", { name: "Stop" }).hover();
  await page.mouse.up();
  expect(await endOf(block)).toBe("The run was canceled.");
});

test("a page keeps its height while the picture of another run loads", async () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200"/>';
  const tag = await signedTag(`echo '${svg}' > artifacts/drawing.svg\n`);
  const page = await browser.open(await hostOf({ "/": pageOf(`${tag}<p>after</p>`) }));
  const block = page.locator("deferred-runner");
  const picture = block.getByRole("img");
  const after = () => page.locator("body > p").evaluate((p) => p.getBoundingClientRect().top);
  const drawn = () =>
    picture.evaluate((image: HTMLImageElement) => image.complete && image.naturalWidth > 0);
  await press(block);
  await endOf(block);
  await expect.poll(drawn).toBe(true);
  const before = await after();

  const open = await holdRequests(page, /drawing\.svg/);
  await press(block);
  await endOf(block);
  await picture.waitFor({ state: "attached" });
  expect(await after()).toBe(before);
  open();
  await expect.poll(drawn).toBe(true);
  expect(await after()).toBe(before);
});

test("output that waits for a part comes before the run's end, also where a second press renews the stream", async () => {
  const { line, release } = held();
  const coloured = await signedTag(`printf '\\033[31mred\\033[0m\\n'\n${line}\n`);
  const page = await browser.open(
    await hostOf({ "/": pageOf(coloured + (await signedTag("echo"))) }),
  );
  const open = await holdRequests(page, /\/v\/terminal-output/);
  const [first, second] = [0, 1].map((index) => page.locator("deferred-runner").nth(index));
  const asked = page.waitForRequest(/\/v\/terminal-output/);
  await press(first!);
  await asked;
  await press(second!);
  await endOf(second!);
  release();
  const id = await first!.evaluate((element) => (element as unknown as { runId: string }).runId);
  await expect
    .poll(async () => (await fetch(`${served.url}/v1/runs/${id}`)).json())
    .toMatchObject({ state: "succeeded" });
  open();
  expect(await endOf(first!)).not.toBe("");
  expect(await first!.locator("[part=output] pre").innerText()).toBe("red\n");
});

test("a page that is opened again resumes its run, though its parts come only at a later try", async () => {
  const { line, release } = held();
  const tag = await signedTag(`echo one\n${line}\n`, ["--edit"]);
  const page = await browser.open(await hostOf({ "/": pageOf(tag) }));
  const block = page.locator("deferred-runner");
  await press(block);
  await becomes(block, "running");
  let refused = 0;
  await page.route(/\/v\/run-/, (route) => (++refused > 2 ? route.continue() : route.abort()));
  await page.reload();
  await becomes(block, "running");
  await block.getByRole("button", { name: "Edit" }).waitFor();
  release();
  expect(await endOf(block)).not.toBe("");
  expect(await block.locator("[part=output] pre").innerText()).toBe("one\n");
});

test("the stored result stays on a page that is opened again while a new run waits", async () => {
  const tag = await signedTag("echo stored\n", ["--cache", "1h"]);
  const page = await browser.open(await hostOf({ "/": pageOf(tag) }));
  const block = page.locator("deferred-runner");
  await press(block);
  await endOf(block);
  await page.reload();
  const result = block.getByText("stored", { exact: true });
  await result.waitFor();
  // The page never hears of the new run.
  await page.route(/\/v1\/(events|runs\/)/, (route) =>
    route.request().method() === "GET" ? undefined : route.continue(),
  );
  const accepted = page.waitForResponse((answer) => answer.request().method() === "POST");
  await press(block);
  await accepted;
  await page.reload();
  await becomes(block, "posted");
  await result.waitFor();
});
