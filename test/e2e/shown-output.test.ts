import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { endOf, press, useBrowser } from "./browser.ts";
import { deferred, startServing, type Served } from "../systems/process.ts";

const browser = useBrowser();
let served: Served;
let folder: string;
beforeAll(async () => {
  served = await startServing();
  folder = await mkdtemp(join(tmpdir(), "deferred-shown-"));
});
afterAll(async () => {
  await served.clear();
  await rm(folder, { recursive: true });
});

/** A page with the program as a signed block, opened, and run to its end. */
async function ranPage(name: string, program: string, args: string[] = []) {
  const file = join(folder, name);
  await writeFile(file, program);
  const { stdout } = await deferred(served, ["sign", file, ...args]);
  const path = join(folder, `${name}.html`);
  await writeFile(path, `<!doctype html><meta charset="utf-8"><title>A page</title>\n${stdout}`);
  const page = await browser.open(`file://${path}`);
  const block = page.locator("deferred-runner");
  await press(block);
  expect(await endOf(block)).toMatch(/status 0/);
  return { page, block };
}

/** Each try is a line of the document. A try that succeeds says so. */
const ATTACK = String.raw`
const tries = {
  "an inline script": () => true,
  "the page's tree": () => parent.document.title,
  "the page's address": () => top.location.href,
  "storage": () => localStorage.length,
  "cookies": () => document.cookie,
  "an origin": () => (origin === "null" ? Promise.reject() : origin),
  "a window": () => window.open("about:blank") ?? Promise.reject(),
  "the page's navigation": () => { top.location = "about:blank"; },
  "a request": () => fetch("/healthz"),
  "a file": () => {
    const link = Object.assign(document.createElement("a"), { href: "data:,x", download: "x" });
    document.body.append(link);
    link.click();
    return Promise.reject();
  },
};
for (const [name, attempt] of Object.entries(tries)) {
  let line = name + ": no";
  try { await attempt(); line = name + ": yes"; } catch {}
  const shown = document.createElement("p");
  shown.textContent = line;
  document.body.append(shown);
}
document.title = "done";
document.body.append(Object.assign(document.createElement("p"), { id: "done" }));
`;

test("a document's scripts run in its frame, and reach nothing outside of it", async () => {
  const html = `<!doctype html><body><script type="module">${ATTACK}</script>`;
  const program = `import os\nos.makedirs("artifacts", exist_ok=True)\nopen("artifacts/a.html", "w").write(${JSON.stringify(html)})\n`;
  const { page, block } = await ranPage("attack.py", program, ["--show", "html"]);
  const downloads: string[] = [];
  page.on("download", (download) => downloads.push(download.url()));
  const address = page.url();
  const frame = block.frameLocator("iframe");
  await frame.locator("#done").waitFor({ state: "attached" });
  expect(await frame.locator("p:not(#done)").allInnerTexts()).toEqual([
    "an inline script: yes",
    ...["the page's tree", "the page's address", "storage", "cookies", "an origin"].map(
      (name) => `${name}: no`,
    ),
    ...["a window", "the page's navigation", "a request", "a file"].map((name) => `${name}: no`),
  ]);
  expect(page.url()).toBe(address);
  expect(page.context().pages()).toHaveLength(1);
  expect(downloads).toEqual([]);
});

test("a drawing is shown as a picture, in which its script does not run", async () => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="20" style="fill:teal"/><script>top.document.title = "ran"</script></svg>`;
  const program = `import os\nos.makedirs("artifacts", exist_ok=True)\nopen("artifacts/a.svg", "w").write(${JSON.stringify(svg)})\n`;
  const { page, block } = await ranPage("drawing.py", program);
  const drawn = block.getByRole("img", { name: "a.svg" });
  await drawn.scrollIntoViewIfNeeded();
  await page.waitForFunction(
    (image) => (image as HTMLImageElement).naturalWidth === 40,
    await drawn.elementHandle(),
  );
  const [width, whole] = await Promise.all([drawn.boundingBox(), block.boundingBox()]);
  expect(width!.width).toBeGreaterThan(whole!.width * 0.9);
  expect(await page.title()).toBe("A page");
});

test("output is copied as it is, fills the screen, and leaves it", async () => {
  const { page, block } = await ranPage(
    "copied.py",
    'print("\\x1b[31mone\\x1b[0m")\nprint("two")\n',
  );
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await block.getByRole("button", { name: "Copy" }).click();
  await block.getByRole("button", { name: "Copied" }).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("one\ntwo\n");
  await block.getByRole("button", { name: "Full screen", exact: true }).click();
  await block.getByRole("button", { name: "Leave full screen" }).waitFor();
  expect(await page.evaluate(() => document.fullscreenElement?.localName)).toBe("deferred-runner");
  await block.getByRole("button", { name: "Leave full screen" }).click();
  await block.getByRole("button", { name: "Full screen", exact: true }).waitFor();
  expect(await page.evaluate(() => document.fullscreenElement)).toBeNull();
});
