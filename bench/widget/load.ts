import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { chromium, type Browser } from "playwright-core";
import { inRoot } from "../../setup/root.mjs";
import { percentile, spread, type Bench } from "../figure.ts";
import { fetchPeers } from "./peers.ts";

const BLOCKS = 200;
const ROUNDS = 7;
const CODE = `<pre><code>${"print(6 * 7)\n".repeat(8)}</code></pre>`;

/** Main-thread CPU that 200 blocks cost a page load: the page with a script, less the page without. */
export const widgetLoad: Bench = {
  name: "widget-load",
  summary: "Main-thread CPU of a page load with 200 blocks, beside codapi-js.",
  async run() {
    const claims = Buffer.from('{"code":"c1-sha256-","runtime":"python"}').toString("base64url");
    const ours = `<deferred-runner block="e30.${claims}.c">${CODE}</deferred-runner>`;
    const codapi = (await fetchPeers()).find(({ name }) => name === "codapi-js");
    const pages: Record<string, string> = {
      none: ours.repeat(BLOCKS),
      ours: `${ours.repeat(BLOCKS)}<script type="module" src="/deferred-runner.js"></script>`,
    };
    if (codapi) {
      const snippet = `${CODE}<codapi-snippet sandbox="python" editor="basic"></codapi-snippet>`;
      pages["codapi"] =
        `${snippet.repeat(BLOCKS)}<link rel="stylesheet" href="/dist/snippet.css"><script src="/dist/snippet.js"></script>`;
    }
    const host = await hostOf(pages, codapi?.files ?? new Map());
    const browser = await chromium.launch({
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu"],
    });
    try {
      const spent: Record<string, number[]> = {};
      for (let round = 0; round < ROUNDS; round++) {
        for (const name of Object.keys(pages)) {
          (spent[name] ??= []).push(await mainThreadMs(browser, `${host.url}/${name}`));
        }
      }
      const none = percentile(spent["none"]!, 0.5);
      const costs = (name: string) => spent[name]?.map((ms) => ms - none);
      const beside = costs("codapi");
      return [
        {
          name: `page load with ${BLOCKS} blocks`,
          measured: spread(costs("ours")!),
          beside: beside ? `codapi-js ${spread(beside)}` : "codapi-js could not be fetched",
          value: percentile(costs("ours")!, 0.5),
          bound: 100,
          unit: " ms",
        },
      ];
    } finally {
      await browser.close();
      host.close();
    }
  },
};

/** CPU time of the tasks of the main thread until the page is idle, in ms. */
async function mainThreadMs(browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  await page.goto(url, { waitUntil: "networkidle" });
  const { metrics } = await session.send("Performance.getMetrics");
  await context.close();
  return 1000 * metrics.find(({ name }) => name === "TaskDuration")!.value;
}

/** Serves the pages, the built element and a peer's files. */
async function hostOf(
  pages: Record<string, string>,
  files: Map<string, string>,
): Promise<{ url: string; close: () => void }> {
  const server = createServer(async (request, response) => {
    const path = (request.url ?? "").slice(1);
    const page = pages[path];
    const text =
      page === undefined
        ? (files.get(path) ?? (await readFile(inRoot("dist/widget", path), "utf8").catch(() => "")))
        : `<!doctype html><meta charset="utf-8">${page}`;
    const type = /\.(\w+)$/.exec(path)?.[1] ?? "html";
    response.setHeader("content-type", `text/${type === "js" ? "javascript" : type}`);
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
