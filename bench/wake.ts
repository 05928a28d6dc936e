import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { launchChromium } from "../test/chromium.ts";
import { deferred, startServing, type Served } from "../test/systems/process.ts";
import { eventually } from "../test/eventually.ts";
import { percentile, spread, type Bench } from "./figure.ts";

const WAKES = 20;

/** Presses Run; resolves with the milliseconds until the page shows `waking`, and until it shows output. */
function press(page: Page): Promise<{ output: number; waking: number }> {
  return page.locator("deferred-runner").evaluate(
    (element) =>
      new Promise((resolve) => {
        const began = performance.now();
        let waking = Number.NaN;
        const root = element.shadowRoot!;
        new MutationObserver((_, observer) => {
          if (Number.isNaN(waking) && element.getAttribute("state") === "waking") {
            waking = performance.now() - began;
          }
          if (!root.querySelector("[part=output] pre")) return;
          observer.disconnect();
          resolve({ output: performance.now() - began, waking });
        }).observe(root, { subtree: true, childList: true, characterData: true });
        root.querySelector<HTMLButtonElement>("[part=button]")!.click();
      }),
  );
}

async function pageOf(served: Served): Promise<string> {
  const file = join(served.data, "answer.py");
  await writeFile(file, "print(6 * 7)");
  const { stdout: tag } = await deferred(served, ["sign", file]);
  const page = join(served.data, "page.html");
  await writeFile(page, `<!doctype html><meta charset="utf-8">${tag}`);
  return `file://${page}`;
}

export const wake: Bench = {
  name: "wake",
  summary: `Press to first output in Chromium with no responder running, ${WAKES} times.`,
  async run() {
    const served = await startServing({ DEFERRED_IDLE_S: "1" });
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      const url = await pageOf(served);
      const times: { output: number; waking: number }[] = [];
      while (times.length < WAKES) {
        await page.goto(url);
        await eventually(async () => ((await served.machines()).length === 0 ? true : undefined));
        times.push(await press(page));
      }
      const outputs = times.map((time) => time.output);
      const wakings = times.map((time) => time.waking).filter((time) => !Number.isNaN(time));
      return [
        {
          name: "press to first output, asleep",
          measured: spread(outputs),
          beside: "",
          value: percentile(outputs, 0.5) / 1000,
          bound: 1.5,
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
      ];
    } finally {
      await browser.close();
      await served.clear();
    }
  },
};
