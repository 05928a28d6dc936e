import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { launchChromium } from "../test/chromium.ts";
import { deferred, startServing, type Served } from "../test/systems/process.ts";
import { eventually } from "../test/eventually.ts";
import { percentile, spread, type Bench, type Figure } from "./figure.ts";
import { press, type Press } from "./widget/press.ts";

const WAKES = 20;
/** The steps of a wake, each with the moment at which it ended, in ms since the press. */
type Waterfall = Map<string, number>;

interface LogLine extends Partial<Record<string, string | number>> {
  time: string | number;
}

async function pageOf(served: Served): Promise<string> {
  const file = join(served.data, "answer.py");
  await writeFile(file, "print(6 * 7)");
  const { stdout: tag } = await deferred(served, ["sign", file]);
  const page = join(served.data, "page.html");
  await writeFile(page, `<!doctype html><meta charset="utf-8">${tag}`);
  return `file://${page}`;
}

const linesOf = (log: string) =>
  log
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as LogLine);

/** What the server and the newest machine logged since the press. */
async function logsSince({ data, logged }: Served, at: number) {
  const folder = join(data, "machines");
  const logs = (await readdir(folder)).map((launch) =>
    readFile(join(folder, launch, "responder.log"), "utf8").catch(() => ""),
  );
  const since = (lines: LogLine[]) =>
    lines.map((line) => ({ line, ms: new Date(line.time).getTime() - at }));
  return {
    server: since(linesOf(logged())).filter(({ ms }) => ms >= 0),
    responder: since((await Promise.all(logs)).flatMap(linesOf)).filter(({ ms }) => ms >= 0),
  };
}

/** Puts together what the page, the server's log and the machine's log say of one wake. */
async function waterfallOf(served: Served, press: Press): Promise<Waterfall> {
  const { server, responder } = await logsSince(served, press.at);
  const found = (lines: typeof server, message: string) => {
    const one = lines.find(({ line }) => (line["msg"] ?? line["message"]) === message);
    if (!one) throw new Error(`no log says "${message}"`);
    return one;
  };
  const { line: steps, ms: registered } = found(responder, "registered");
  // The machine's clock begins with its process.
  const began = registered - Number(steps["registered_ms"]);
  const step = (name: string) => began + Number(steps[`${name}_ms`]);
  return new Map([
    ["the run part is loaded", press.loaded],
    ["the request is sent", press.sent],
    ["the server wakes a machine", found(server, "waking a machine").ms],
    ["its process begins", began],
    ["Node and modules are loaded", step("modules")],
    ["runtimes are known", step("runtimes")],
    ["the first sandbox waits", step("sandbox")],
    ["the machine is registered", step("registered")],
    ["it has claimed the run", found(server, "a run is running").ms],
    ["the program begins", found(responder, "attempt started").ms],
    ["output is shown", press.output],
  ]);
}

async function wakeOnce(served: Served, page: Page, url: string): Promise<Press> {
  await page.goto(url);
  await page.locator("deferred-runner [part=button]").waitFor();
  await eventually(async () => ((await served.machines()).length === 0 ? true : undefined));
  return press(page);
}

/** One row a step: the time since the step before it. */
function rowsOf(waterfalls: readonly Waterfall[]): Figure[] {
  const names = [...waterfalls[0]!.keys()];
  return names.map((name, index) => {
    const at = waterfalls.map((one) => one.get(name)!);
    const took = waterfalls.map((one) => one.get(name)! - (one.get(names[index - 1]!) ?? 0));
    return {
      name: `  ${name}`,
      measured: spread(took),
      beside: `after ${percentile(at, 0.5).toFixed(0)} ms`,
      value: percentile(took, 0.5),
      bound: Number.POSITIVE_INFINITY,
      unit: " ms",
    };
  });
}

export const wake: Bench = {
  name: "wake",
  summary: `Press to first output in Chromium with no responder running, ${WAKES} times, step by step.`,
  async run() {
    const served = await startServing({ DEFERRED_IDLE_S: "1" });
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      const url = await pageOf(served);
      // The first machine compiles its modules and asks interpreters for their versions.
      await wakeOnce(served, page, url);
      const presses: Press[] = [];
      const waterfalls: Waterfall[] = [];
      while (presses.length < WAKES) {
        const pressed = await wakeOnce(served, page, url);
        presses.push(pressed);
        waterfalls.push(await waterfallOf(served, pressed));
      }
      const outputs = presses.map(({ output }) => output);
      const wakings = presses.map(({ waking }) => waking).filter((ms) => ms !== undefined);
      return [
        {
          name: "press to first output, asleep",
          measured: spread(outputs),
          beside: "",
          value: percentile(outputs, 0.5) / 1000,
          bound: 0.35,
          unit: " s",
        },
        {
          name: "press to waking shown",
          measured: spread(wakings),
          beside: "",
          value: percentile(wakings, 0.5),
          bound: 200,
          unit: " ms",
        },
        ...rowsOf(waterfalls),
      ];
    } finally {
      await browser.close();
      await served.clear();
    }
  },
};
