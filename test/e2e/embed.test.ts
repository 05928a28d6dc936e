import { createServer } from "node:http";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { becomes, endOf, press, useBrowser } from "./browser.ts";
import { deferred, startServing, type Served } from "../systems/process.ts";

const browser = useBrowser();
let served: Served;
beforeAll(async () => {
  served = await startServing();
});
afterAll(() => served.clear());

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deferred-embed-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** An author's page with the tag that `deferred sign` printed, indented with the page around it. */
async function pageWith(program: string, args: string[] = []): Promise<string> {
  const folder = await temporaryFolder();
  const file = join(folder, "program.py");
  await writeFile(file, program);
  const signed = await deferred(served, ["sign", file, ...args]);
  expect(signed).toMatchObject({ code: 0 });
  const page = join(folder, "page.html");
  await writeFile(
    page,
    `<!doctype html><meta charset="utf-8"><title>A page</title>\n<article>\n${signed.stdout}</article>\n`,
  );
  return page;
}

const POLICY = () =>
  `default-src 'none'; script-src ${served.url}; connect-src ${served.url}; ` +
  "require-trusted-types-for 'script'; trusted-types lit-html";

/** Serves one file from an origin of its own, as a static host would, with no more allowed than the guide says. */
async function hostOf(page: string, policy = POLICY()): Promise<string> {
  const html = await readFile(page);
  const server = createServer((_, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.setHeader("content-security-policy", policy);
    response.end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const program = `
import json
if 1 < 2 and "a" != '&amp;':
    print("<b>Grüße</b> & \\U0001F30D", [1, 2])
`;
const printed = "<b>Grüße</b> & 🌍 [1, 2]\n";

test("a file that was signed by the command line runs from a page of another origin, with a strict policy", async () => {
  const page = await browser.open(await hostOf(await pageWith(program)));
  const block = page.locator("deferred-runner");
  await press(block);
  expect(await endOf(block)).toMatch(/^Ended with exit status 0/);
  expect(await block.locator("[part=output] pre").innerText()).toBe(printed);
});

test("it runs from an HTML file on disk as well", async () => {
  const page = await browser.open(`file://${await pageWith(program)}`);
  const block = page.locator("deferred-runner");
  await press(block);
  expect(await endOf(block)).toMatch(/^Ended with exit status 0/);
});

test("a page that pinned the script with its hash loads it from the server and runs", async () => {
  const page = await browser.open(await pinnedPage());
  const block = page.locator("deferred-runner");
  await press(block);
  expect(await endOf(block)).toMatch(/^Ended with exit status 0/);
});

/** A page with a strict policy, whose script is pinned as the server's start page shows it. */
async function pinnedPage(): Promise<string> {
  const page = await pageWith(program);
  const home = await (await fetch(served.url)).text();
  const [, shown] = /id="command-pin"[^>]*>([^]*?)<\/pre>/.exec(home)!;
  const pinned = shown!.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"');
  expect(pinned).toMatch(/integrity="sha384-/);
  const html = await readFile(page, "utf8");
  await writeFile(page, html.replace(/<script[^]*<\/script>/, pinned));
  return hostOf(page);
}

test("a page that pinned the script loads nothing else, and no other bytes", async () => {
  const page = await browser.open(await pinnedPage());
  const scripts: string[] = [];
  page.on("request", (request) => {
    if (request.resourceType() === "script") scripts.push(request.url());
  });
  await page.reload();
  const block = page.locator("deferred-runner");
  await press(block);
  expect(await endOf(block)).toMatch(/^Ended with exit status 0/);
  expect(scripts).toHaveLength(1);

  await page.route(/\/v\//, async (route) => {
    const response = await route.fetch();
    return route.fulfill({ response, body: `globalThis.tampered = true;${await response.text()}` });
  });
  const refused = page.waitForEvent("console", (said) => /integrity/.test(said.text()));
  await page.reload();
  await refused;
  expect(await page.evaluate(() => "tampered" in globalThis)).toBe(false);
  expect(await block.getAttribute("state")).toBe(null);
});

test("a page whose policy names the pinned script by its hash alone runs", async () => {
  const html = await (await fetch(await pinnedPage())).text();
  const [, hash] = /integrity="(sha384-[^"]+)"/.exec(html)!;
  const policy = `default-src 'none'; script-src '${hash}'; style-src 'none'; connect-src ${served.url}; require-trusted-types-for 'script'; trusted-types lit-html`;
  const folder = await temporaryFolder();
  await writeFile(join(folder, "page.html"), html);
  const page = await browser.open(await hostOf(join(folder, "page.html"), policy));
  const block = page.locator("deferred-runner");
  await press(block);
  await becomes(block, "succeeded");
});

test("a press while the server is away is kept until its part can be loaded, and Stop withdraws it", async () => {
  const page = await browser.open(await hostOf(await pageWith(program)));
  await page.route(/\/v\/run-/, (route) => route.abort());
  const block = page.locator("deferred-runner");
  await press(block);
  const status = block.locator("[part=status]");
  await expect.poll(() => status.innerText()).toContain("The server can’t be reached.");
  expect(await block.getAttribute("state")).toBe("posted");
  await block.locator("[part=stop]").click();
  await expect.poll(() => status.innerText()).toBe("The run was canceled.");
  await press(block);
  await page.unroute(/\/v\/run-/);
  expect(await endOf(block)).toMatch(/^Ended with exit status 0/);
});

test("where the author named pages, it runs from those alone", async () => {
  const page = await pageWith("print(1)", ["--origin", "https://ann.example"]);
  const opened = await browser.open(await hostOf(page));
  const block = opened.locator("deferred-runner");
  await press(block);
  expect(await endOf(block)).toMatch(/^The block may not be run from this page/);
});

test("the command line runs the block of a page, and a file, with the program's exit status", async () => {
  const url = await hostOf(await pageWith(program));
  expect(await deferred(served, ["run", url])).toMatchObject({ code: 0, stdout: printed });

  const file = join(await temporaryFolder(), "fails.sh");
  await writeFile(file, "echo out; echo err >&2; exit 7\n");
  const failed = await deferred(served, ["run", file]);
  expect(failed).toMatchObject({ code: 7, stdout: "out\n" });
  expect(failed.stderr).toContain("err\n");
});

test("a block brings its files, and code of the page's other blocks that it builds on", async () => {
  const folder = await temporaryFolder();
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const setup = await file("setup.py", "import json, sys\n");
  const intro = await file("intro.py", "rows = json.load(open('data.json'))\nprint('of intro')\n");
  const last = await file("last.py", "print(sum(rows), sys.stdin.read(), sys.argv[1:])\n");
  const data = await file("data.json", "[40, 2]");
  const terms = ["--setup", setup, "--file", `data.json=${data}`];
  const inputs = ["text=text,default=über,as=stdin", "n=integer,default=7,as=arg"];
  const tags = await Promise.all([
    deferred(served, ["sign", intro, ...terms]),
    deferred(served, [
      ...["sign", last, ...terms, "--after", intro],
      ...inputs.flatMap((input) => ["--input", input]),
    ]),
  ]);
  const page = await browser.open(
    `file://${await file("series.html", `<!doctype html>${tags.map(({ stdout }) => stdout).join("")}`)}`,
  );
  const block = page.locator("deferred-runner").last();
  await press(block);
  expect(await endOf(block)).toMatch(/^Ended with exit status 0/);
  expect(await block.locator("[part=output] pre").innerText()).toBe("42 über ['7']\n");

  await page
    .locator("deferred-runner")
    .nth(0)
    .evaluate((other) => other.remove());
  await press(block);
  await block.locator("[role=status]").getByText("put those blocks").waitFor();
});

test("a page shows a stored result as it opens, and what its reader edits there as the reader's", async () => {
  const file = await pageWith(program, ["--cache", "1h", "--edit"]);
  const first = (await browser.open(await hostOf(file))).locator("deferred-runner");
  await press(first);
  expect(await endOf(first)).toMatch(/^Ended with exit status 0/);

  const page = await browser.open(await hostOf(file));
  const posts: string[] = [];
  page.on("request", (request) => {
    if (request.method() !== "GET") posts.push(request.url());
  });
  const block = page.locator("deferred-runner");
  await block.locator("[part=output] pre").getByText("Grüße").waitFor();
  expect(await block.locator(".age").innerText()).toMatch(/^Result of .*\sago\./);
  expect([await block.getAttribute("state"), posts]).toEqual(["idle", []]);

  await block.locator("[part=edit]").click();
  await block.locator("textarea").press("Control+End");
  await page.keyboard.type("\nprint('mine')");
  await page.keyboard.press("Control+Enter");
  expect(await endOf(block)).toMatch(/^Ended with exit status 0/);
  expect(await block.locator("[part=output] pre").innerText()).toContain("mine");
  expect(await block.locator(".result [part=changed]").innerText()).toBe(
    "Result of the code as you changed it.",
  );
});

test("a published block runs by one script tag, in a sandboxed frame, and without scripts", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "sum.py");
  await writeFile(file, "import os\nprint(6 * int(os.environ['INPUT_N']))\n");
  const input = ["--input", "n=integer,default=7"];
  const refused = await deferred(served, ["sign", file, "--publish", ...input]);
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toContain("Anybody can then see there: the code");
  const signed = await deferred(served, ["sign", file, "--publish", "--yes", ...input]);
  const address = /published at (\S+)/.exec(signed.stderr)![1]!;

  const page = join(folder, "host.html");
  const script = `<script src="${address}.js" async></script>`;
  const frame = `<iframe src="${address}/embed" sandbox="allow-scripts" height="400"></iframe>`;
  await writeFile(page, `<!doctype html><title>A page</title><body>${script}${script}${frame}`);
  const host = await browser.open(await hostOf(page, `${POLICY()}; frame-src ${served.url}`));
  await expect.poll(() => host.locator("deferred-runner").count()).toBe(2);
  const framed = host.frameLocator("iframe").locator("deferred-runner");
  for (const block of [host.locator("deferred-runner").last(), framed]) {
    await block.getByRole("button", { name: /^Run/ }).click();
    await block.locator("[part=output] pre").getByText("42").waitFor();
  }

  const plain = await browser.open(address, { javaScriptEnabled: false });
  await plain.getByLabel("n", { exact: true }).fill("5");
  await plain.getByRole("button", { name: "Run" }).click();
  await plain.locator(".output").getByText("30").waitFor();
});
