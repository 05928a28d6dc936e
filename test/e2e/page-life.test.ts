import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { endOf, press, useBrowser } from "./browser.ts";
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
  const folder = await mkdtemp(join(tmpdir(), "deferred-life-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const { line, release } = held();
  await writeFile(join(folder, "held.sh"), `echo one\n${line}\necho two\n`);
  const signed = await deferred(served, ["sign", join(folder, "held.sh")]);
  expect(signed).toMatchObject({ code: 0 });
  return { tag: signed.stdout, release };
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
