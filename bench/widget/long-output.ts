import { createServer, type ServerResponse } from "node:http";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { chromium, type Browser } from "playwright-core";
import { inRoot } from "../../setup/root.mjs";
import type { Bench, Figure } from "../figure.ts";

/** Most characters of an output event. */
const EVENT = 64 * 1024;
const ROUNDS = 3;
const LINE = "0123456789 the quick brown fox jumps over the lazy dog, and again\n";
const COLOURED = "\x1b[32mok\x1b[0m \x1b[1;34mtest\x1b[0m \x1b[33m12 ms\x1b[0m a line\n";

/** A rainbow, as `lolcat` prints it: each character has a colour of its own. */
const RAINBOW = Array.from("the quick brown fox\n", (character, at) =>
  character === "\n" ? "\x1b[0m\n" : `\x1b[38;5;${20 + at}m${character}`,
).join("");

const CASES = {
  "10 MB of lines": LINE.repeat(Math.ceil(10e6 / LINE.length)),
  "1 MiB of colours": COLOURED.repeat(Math.ceil(2 ** 20 / COLOURED.length)),
  "1 MiB, a colour for each character": RAINBOW.repeat(Math.ceil(2 ** 20 / RAINBOW.length)),
};

/** CPU time of the longest task of a page's main thread while a run prints as fast as it can. */
export const widgetOutput: Bench = {
  name: "widget-output",
  summary: "The longest task of a page while a run prints 10 MB, or 1 MiB in colours.",
  async run() {
    const browser = await chromium.launch({
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu"],
    });
    try {
      const figures: Figure[] = [];
      for (const [name, output] of Object.entries(CASES)) {
        const longest: number[] = [];
        for (let round = 0; round < ROUNDS; round++) {
          longest.push(await longestTaskMs(browser, output));
        }
        figures.push({
          name: `longest task, ${name}`,
          measured: `${longest.map((ms) => ms.toFixed(0)).join(", ")} ms`,
          beside: "processor time, not waiting",
          // A page's other work can only add to it.
          value: Math.min(...longest),
          bound: 50,
          unit: " ms",
        });
      }
      return figures;
    } finally {
      await browser.close();
    }
  },
};

async function longestTaskMs(browser: Browser, output: string): Promise<number> {
  const host = await hostOf(output);
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    const page = await context.newPage();
    await page.goto(host.url);
    await page.locator("deferred-runner [part=button]").click();
    await page.locator("deferred-runner[state=running]").waitFor();
    await browser.startTracing(page, { categories: ["toplevel", "devtools.timeline"] });
    host.print();
    // `light`: a search of the shadow tree, with an element for each colour, would be a long task of its own.
    await page.locator("css:light=deferred-runner[state=succeeded]").waitFor();
    const trace = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: Traced[] };
    return longestOf(trace.traceEvents);
  } finally {
    await context.close();
    host.close();
  }
}

interface Traced {
  name: string;
  pid: number;
  tid: number;
  /** Microseconds of processor time. */
  tdur?: number;
  args: { name?: string };
}

function longestOf(events: readonly Traced[]): number {
  const main = events
    .filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain")
    .map(({ pid, tid }) => `${pid} ${tid}`);
  const tasks = events.filter(
    ({ name, pid, tid }) => name.endsWith("RunTask") && main.includes(`${pid} ${tid}`),
  );
  if (tasks.length === 0) throw new Error("the trace has no task of a page");
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000;
}

/** Serves the element, and one run whose output comes when `print` is called. */
async function hostOf(output: string) {
  const claims = Buffer.from('{"code":"c1-sha256-","runtime":"bash"}').toString("base64url");
  const page = `<!doctype html><meta charset="utf-8"><deferred-runner server="/" block="e30.${claims}.c"><pre><code>npm test</code></pre></deferred-runner><script type="module" src="/deferred-runner.js"></script>`;
  const streams: ServerResponse[] = [];
  let number = 0;
  const emit = (event: object) => {
    const at = new Date().toISOString();
    for (const stream of streams) {
      stream.write(`data: ${JSON.stringify({ id: ++number, run: "one", at, ...event })}\n\n`);
    }
  };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://bench");
    if (pathname === "/v1/runs") {
      response.writeHead(202, { "content-type": "application/json" });
      response.end(JSON.stringify({ id: "one", result_url: "/result", cancel_token: "x" }));
    } else if (pathname === "/v1/events") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      streams.push(response);
      emit({ type: "attempt_started", attempt: 1, max_attempts: 1 });
    } else if (pathname === "/") {
      response.setHeader("content-type", "text/html").end(page);
    } else {
      const text = await readFile(inRoot("dist/widget", pathname), "utf8").catch(() => "");
      response.setHeader("content-type", "text/javascript").end(text);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    print() {
      for (let at = 0; at < output.length; at += EVENT) {
        emit({ type: "output", stream: "stdout", text: output.slice(at, at + EVENT) });
      }
      emit({ type: "ended", ...ENDING });
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const ENDING = {
  ...{ state: "succeeded", reason: null, exit_code: 0, signal: null, attempt: 1, artifacts: [] },
  ...{ truncated: { stdout: 0, stderr: 0, artifacts: 0 }, result_url: "/result" },
  times: { queued: "2026-01-01T00:00:00Z", ended: "2026-01-01T00:00:01Z", ran_s: 1 },
};
