import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { endOf, holdRequests, press, useBrowser } from "./browser.ts";
import { held } from "./held.ts";
import { unreliableProxy } from "./unreliable-proxy.ts";
import { deferred, startServing, type Served } from "../systems/process.ts";

const browser = useBrowser();
let served: Served;
beforeAll(async () => {
  served = await startServing();
});
afterAll(() => served.clear());

/** The tag of a signed program, without its script. */
async function signedBlock(program: string, args: string[] = [], on = served): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deferred-loader-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "program.py"), program);
  const signed = await deferred(on, ["sign", join(folder, "program.py"), ...args]);
  expect(signed).toMatchObject({ code: 0 });
  return signed.stdout.replace(/<script[^]*<\/script>/, "");
}

const scriptOf = ({ url }: Served) =>
  `<script type="module" src="${url}/deferred-runner.js"></script>`;

/** Serves a page from an origin of its own. */
async function hostOf(body: string, policy = ""): Promise<string> {
  const server = createServer((request, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    if (policy !== "") response.setHeader("content-security-policy", policy);
    response.end(
      request.url === "/"
        ? `<!doctype html><meta name="viewport" content="width=device-width">${body}`
        : "",
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Paths that the page has asked servers of the element for, without the digests. */
function requestsOf(page: Page): string[] {
  const paths: string[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (/\.js$|^\/v1/.test(pathname)) paths.push(pathname.replace(/-.{8}\.js$/, ".js"));
  });
  return paths;
}

const isDefined = (page: Page) =>
  page.evaluate(() => customElements.get("deferred-runner") !== undefined);
const FAR = `<div style="height: 5000px"></div>`;

test("a page loads the loader alone until a block comes near the screen, and the rest at a press", async () => {
  const block = await signedBlock("print(6 * 7)");
  const page = await browser.open("about:blank");
  const paths = requestsOf(page);
  await page.goto(await hostOf(FAR + block.repeat(3) + scriptOf(served)), {
    waitUntil: "networkidle",
  });
  expect(paths).toEqual(["/deferred-runner.js"]);
  expect(await isDefined(page)).toBe(false);

  await page.mouse.wheel(0, 4500);
  const first = page.locator("deferred-runner").first();
  await first.getByRole("button", { name: "Run" }).waitFor();
  expect(paths).toEqual(["/deferred-runner.js", "/v/element.js"]);
  await press(first);
  await endOf(first);
  expect(paths).toContain("/v/run.js");
  expect(paths).toContain("/v1/runs");
});

test("Tab reaches a button that is far from the screen, and blocks that are added later are found", async () => {
  const block = await signedBlock("print(6 * 7)");
  const page = await browser.open(await hostOf(`${FAR}${block}${scriptOf(served)}`));
  await page.keyboard.press("Tab");
  const run = page.getByRole("button", { name: "Run" });
  await run.waitFor();
  await page.keyboard.press("Tab");
  expect(await run.evaluate((button) => button.matches(":focus"))).toBe(true);

  const later = await browser.open(await hostOf(scriptOf(served)));
  await later.evaluate((html) => {
    document.body.insertAdjacentHTML("beforeend", html);
  }, block);
  await press(later.locator("deferred-runner"));
  expect(await endOf(later.locator("deferred-runner"))).not.toBe("");
});

test.each([
  ["a wide screen", { viewport: { width: 1280, height: 800 } }],
  ["a phone", { viewport: { width: 390, height: 800 }, hasTouch: true }],
])("the element takes the space that the loader reserved on %s", async (_, options) => {
  const plain = await signedBlock("print(6 * 7)\nprint('more')\n");
  const edited = await signedBlock("print(6 * 7)\nprint('more')\n", ["--edit"]);
  const css = `<style>pre { margin: 1em 0; background: #eee }</style>`;
  // The page's own styles alone are allowed.
  const digest = createHash("sha256")
    .update(css.replace(/<.?style>/g, ""))
    .digest("base64");
  const policy = `default-src 'none'; script-src ${served.url}; style-src 'sha256-${digest}'`;
  const body = `${css}<p>a</p>${plain}<p>b</p>${edited}<p>c</p>${scriptOf(served)}`;
  const url = await hostOf(body, policy);
  const page = await browser.open("about:blank", options);
  const open = await holdRequests(page, /\/v\/element/);
  const asked = page.waitForRequest(/\/v\/element/);
  await page.goto(url);
  await asked;
  const tops = () =>
    page.evaluate(() =>
      [...document.querySelectorAll("p")].map((p) => p.getBoundingClientRect().top),
    );
  const before = await tops();
  open();
  await page.locator("deferred-runner").nth(1).getByRole("button", { name: "Run" }).waitFor();
  expect(await tops()).toEqual(before);
});

test("an element that could not be loaded is loaded later", async () => {
  const page = await browser.open("about:blank");
  let refused = 0;
  await page.route(/\/v\/(~\d+\/)?element/, (route) =>
    ++refused > 2 ? route.continue() : route.abort(),
  );
  await page.goto(await hostOf((await signedBlock("print(6 * 7)")) + scriptOf(served)));
  const block = page.locator("deferred-runner");
  await press(block);
  expect(await endOf(block)).toMatch(/./);
  expect(refused).toBe(3);
});

test("where the part for other states is missing, a failed run is told, and its line marked once the part is there", async () => {
  const block = await signedBlock("raise ValueError('no')\n");
  const page = await browser.open(await hostOf(scriptOf(served) + block));
  await page.route(/\/v\/other-states/, (route) => route.abort());
  const element = page.locator("deferred-runner");
  await press(element);
  expect(await endOf(element)).toMatch(/^Ended with exit status 1/);
  await element.getByRole("status").getByText("Ended with exit status 1").waitFor();
  expect(await element.locator(".line-link").count()).toBe(0);

  await page.unroute(/\/v\/other-states/);
  await press(element);
  await element.locator(".line-link").waitFor();
});

test("where the network goes before the parts that follow a run for longer are loaded, the run says so, and goes on", async () => {
  const { line, release } = held();
  const block = await signedBlock(`echo one\n${line}\necho two\n`, ["--runtime", "bash"]);
  const proxy = await unreliableProxy(served.url, onTestFinished);
  const tag = block.replace("<deferred-runner ", `<deferred-runner server="${proxy.url}" `);
  const page = await browser.open(await hostOf(scriptOf(served) + tag));
  const laterParts = /\/v\/(other-states|follow-longer)/;
  let refused = 0;
  await page.route(laterParts, (route) => {
    refused++;
    return route.abort();
  });
  const element = page.locator("deferred-runner");
  await press(element);
  await element.locator("[part=output]").getByText("one").waitFor();
  // A server that wakes has asked for one already.
  const whileOnline = refused;
  // From now on only those parts, which poll, can bring the run's end.
  await page.route(/\/v1\/events/, (route) => route.abort());
  await page.context().setOffline(true);
  // Offline, Chromium still reads what is open.
  proxy.cut();
  const status = element.locator("[part=status]");
  await status.getByText("This device is offline. Trying again").waitFor();
  await expect.poll(() => refused).toBeGreaterThan(whileOnline);

  release();
  await page.unroute(laterParts);
  await page.context().setOffline(false);
  expect(await endOf(element)).toMatch(/^Ended with exit status 0/);
  expect(await element.locator("[part=output]").innerText()).toMatch(/one\s+two/);
});

/** Lets a server have another build of the element: its files have other names, and Run another label. */
async function serveOtherVersion(page: Page, { url }: Served): Promise<void> {
  await page.route(`${url}/**/*.js`, async (route) => {
    const asked = route.request().url();
    const response = await route.fetch({ url: asked.replace("-other-", "-") });
    const text = await response.text();
    const body = text
      .replace(/(?<=\/)(\w[\w-]*)-([\w-]{8}\.js)/g, "$1-other-$2")
      .replace(/(\brun:\s*[`"'])Run(?=[`"'])/, "$1Run, earlier");
    await route.fulfill({ response, body });
  });
}

test("blocks of two servers run on one page with both scripts, each where its token says", async () => {
  const other = await startServing();
  onTestFinished(() => other.clear());
  const ours = await signedBlock("print('one')");
  const theirs = await signedBlock("print('two')", [], other);
  const scripts = [scriptOf(served), scriptOf(other)];
  const pages = [
    { both: scripts, labels: ["Run"] },
    { both: scripts.toReversed(), labels: ["Run"] },
    { both: scripts.slice(0, 1), labels: ["Run"] },
    { both: scripts.slice(1), labels: ["Run, earlier"], versions: true },
    // The version that is there first serves the blocks of both servers.
    { both: scripts, labels: ["Run", "Run, earlier"], versions: true },
  ];
  for (const { both, labels, versions } of pages) {
    const page = await browser.open("about:blank");
    if (versions) await serveOtherVersion(page, other);
    await page.goto(await hostOf(ours + theirs + both.join("")));
    const posted: string[] = [];
    const shown = new Set<string>();
    page.on("request", (request) => {
      if (request.method() === "POST") posted.push(new URL(request.url()).origin);
    });
    for (const [index, word] of ["one", "two"].entries()) {
      const block = page.locator("deferred-runner").nth(index);
      await press(block);
      await endOf(block);
      expect(await block.locator("[part=output]").innerText()).toContain(word);
      shown.add(await block.locator("[part=button]").innerText());
    }
    expect(posted).toEqual([served.url, other.url]);
    expect(shown.size).toBe(1);
    expect(labels).toContain([...shown][0]);
  }
});

test("a block is sent where its attribute says, though its token names another server", async () => {
  const block = await signedBlock("print(1)", ["--aud", "https://elsewhere.example"]);
  const here = block.replace("<deferred-runner ", `<deferred-runner server="${served.url}" `);
  const page = await browser.open(await hostOf(here + scriptOf(served)));
  const posted = page.waitForRequest((request) => request.method() === "POST");
  await press(page.locator("deferred-runner"));
  expect(new URL((await posted).url()).origin).toBe(served.url);
  await endOf(page.locator("deferred-runner"));
  expect(await page.locator("deferred-runner").getAttribute("state")).toBe("refused");
});

test("two hundred blocks ask for nothing before a press", async () => {
  const block = await signedBlock("print(6 * 7)");
  const page = await browser.open("about:blank");
  const paths = requestsOf(page);
  await page.goto(await hostOf(block.repeat(200) + scriptOf(served)), { waitUntil: "networkidle" });
  await page.getByRole("button", { name: "Run" }).first().waitFor();
  expect(paths).toEqual(["/deferred-runner.js", "/v/element.js"]);
  const drawn = () =>
    page.evaluate(
      () =>
        [...document.querySelectorAll("deferred-runner")].filter((one) => one.shadowRoot).length,
    );
  expect(await drawn()).toBeLessThan(50);
  // Elements that are not drawn still show their code, and can be run.
  const last = page.locator("deferred-runner").last();
  expect(await last.innerText()).toContain("print(6 * 7)");
  await last.evaluate((element) => void (element as HTMLElement & { run(): Promise<void> }).run());
  await endOf(last);
});
