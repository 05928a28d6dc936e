import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import build from "../../examples/resume/build.mjs";
import buildGist from "../../examples/gist/build.mjs";
import { runCommandLine } from "../cli/command-line.ts";
import { needs } from "../needs.ts";
import { startServing, type Served } from "../systems/process.ts";
import { becomes, press, useBrowser } from "./browser.ts";

const EXAMPLES = join(import.meta.dirname, "../../examples");
const hasPrograms = ["/usr/lib/python3/dist-packages/weasyprint", "/usr/bin/pdftotext"].every(
  (path) => existsSync(path),
);
const browser = useBrowser();
let served: Served;
beforeAll(async () => {
  served = await startServing();
});
afterAll(() => served.clear());

/** Builds an example as `npm run example` does, in a copy, and serves it from an origin of its own. */
async function built(name: string, make: typeof build): Promise<string> {
  const out = await mkdtemp(join(tmpdir(), "deferred-example-"));
  onTestFinished(() => rm(out, { recursive: true }));
  const folder = join(out, "source");
  await promisify(execFile)("cp", ["-r", join(EXAMPLES, name), folder]);
  const site = join(out, "site");
  await make({
    server: served.url,
    folder,
    out: site,
    run: async (_command, ...args) => {
      const env = { DEFERRED_DATA: served.data, DEFERRED_URL: served.url };
      const { code, stdout, stderr } = await runCommandLine(args, { env, cwd: folder });
      if (code !== 0) throw new Error(stderr);
      return stdout;
    },
  });
  const types: Record<string, string> = {
    html: "text/html",
    css: "text/css",
    js: "text/javascript",
  };
  const server = createServer((request, response) => {
    const file = basename(new URL(request.url!, "http://x").pathname) || "index.html";
    readFile(join(site, file)).then(
      (bytes) => {
        const type = types[file.split(".").at(-1)!] ?? "application/octet-stream";
        response.writeHead(200, { "content-type": type }).end(bytes);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test(
  "the resume's link is a PDF of the page, made once, which the page shows too",
  needs(hasPrograms, "weasyprint and poppler-utils"),
  async () => {
    const page = await browser.open(await built("resume", build));
    const link = (await page.getAttribute("a.pdf", "href"))!;
    expect(link).toMatch(/\/local\/demo\/blocks\/[0-9a-z]+\/artifacts\/resume\.pdf$/);
    const headers = { "user-agent": "curl/8.5.0" };
    const response = await fetch(link, { headers });
    expect(response.headers.get("content-disposition")).toMatch(/^inline; .*resume\.pdf$/);

    const file = join(await mkdtemp(join(tmpdir(), "deferred-pdf-")), "resume.pdf");
    onTestFinished(() => rm(join(file, ".."), { recursive: true }));
    await writeFile(file, Buffer.from(await response.arrayBuffer()));
    const run = promisify(execFile);
    const { stdout: info } = await run("pdfinfo", [file]);
    expect(info).toMatch(/Title: +Robin Okafor, software engineer\n/);
    expect(info).toMatch(/Pages: +1\n[^]*\(A4\)/);
    const { stdout: text } = await run("pdftotext", ["-layout", file, "-"]);
    for (const line of ["Harbour Data · Senior engineer", "2022 to today", "KU Leuven", "1/1"]) {
      expect(text.replace(/ +/g, " ")).toContain(line);
    }
    // What the page has beside the resume is no part of it.
    expect(text).not.toContain("weasyprint");

    // The same file: nothing runs again.
    expect((await fetch(link, { headers })).url).toBe(response.url);
    const block = page.locator("deferred-runner");
    await press(block);
    await becomes(block, "succeeded");
    await block.locator("iframe[part=document]").waitFor();
    await block.locator(`[part=artifacts] a[href="${response.url}"]`).waitFor();
  },
);

test("code and signature as files of their own run from the page that names them", async () => {
  const page = await browser.open(await built("gist", buildGist));
  const block = page.locator("deferred-runner");
  await block.locator("pre > code").waitFor();
  await press(block);
  await becomes(block, "succeeded");
  expect(await block.locator("[part=output] pre").innerText()).toContain("13 February 2026");
});
