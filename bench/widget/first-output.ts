import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { launchChromium } from "../../test/chromium.ts";
import { deferred, startServing } from "../../test/systems/process.ts";
import { percentile, spread, type Bench } from "../figure.ts";
import { press, type Press } from "./press.ts";

const PRESSES = 20;
/** The sandbox that a run used has been replaced by then. */
const REST_MS = 1000;

/** Press to first output on a server with an idle machine, in a page that has loaded nothing of the run part. */
export const firstOutput: Bench = {
  name: "first-output",
  summary: `Press to first output in Chromium on a warm server, ${PRESSES} times, less the program's own time.`,
  async run() {
    const served = await startServing();
    const browser = await launchChromium();
    try {
      const program = join(served.data, "answer.py");
      await writeFile(program, "print(6 * 7)");
      const { stdout: tag } = await deferred(served, ["sign", program]);
      const file = join(served.data, "page.html");
      await writeFile(file, `<!doctype html><meta charset="utf-8">${tag}`);
      const presses: Press[] = [];
      for (let round = -1; round < PRESSES; round++) {
        const context = await browser.newContext();
        const page = await context.newPage();
        await page.goto(`file://${file}`);
        await page.locator("deferred-runner [part=button]").waitFor();
        await page.waitForTimeout(REST_MS);
        const pressed = await press(page);
        // The first one wakes the machine.
        if (round >= 0) presses.push(pressed);
        await context.close();
      }
      const each = (of: (press: Press) => number) => presses.map(of);
      const row = (name: string, times: number[], bound = Number.POSITIVE_INFINITY) => ({
        name,
        measured: spread(times),
        beside: "",
        value: percentile(times, 0.5),
        bound,
        unit: " ms",
      });
      return [
        row(
          "first output, less the program",
          each(({ output, ran }) => output - ran),
          60,
        ),
        row(
          "  the run part is loaded",
          each(({ loaded }) => loaded),
        ),
        row(
          "  the request is sent",
          each(({ loaded, sent }) => sent - loaded),
        ),
        row(
          "  output is shown",
          each(({ sent, output }) => output - sent),
        ),
        row(
          "  the program",
          each(({ ran }) => ran),
        ),
      ];
    } finally {
      await browser.close();
      await served.clear();
    }
  },
};
