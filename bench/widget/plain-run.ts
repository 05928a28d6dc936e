import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { TOTAL_BOUNDS } from "../../setup/widget-sizes.ts";
import { launchChromium } from "../../test/chromium.ts";
import { deferred, startServing } from "../../test/systems/process.ts";
import type { Bench } from "../figure.ts";

/** What Chromium loads of the element for a run that prints text, from a server whose machine is ready. */
export const widgetRun: Bench = {
  name: "widget-run",
  summary: "Bytes of the element that a page loads until a run that prints text has ended.",
  async run() {
    const served = await startServing();
    const folder = await mkdtemp(join(tmpdir(), "deferred-plain-run-"));
    const browser = await launchChromium();
    try {
      const program = join(folder, "program.py");
      await writeFile(program, "print(6 * 7)\n");
      const signed = await deferred(served, ["sign", program]);
      if (signed.code !== 0) throw new Error(signed.stderr);
      // The first run wakes the machine.
      await filesOfRun(browser, served.url, signed.stdout);
      const files = await filesOfRun(browser, served.url, signed.stdout);
      const value = files.reduce((sum, { bytes }) => sum + bytes, 0);
      return [
        {
          name: "element: a plain run, in Chromium",
          measured: files.map(({ name, bytes }) => `${name} ${bytes}`).join(", "),
          beside: "",
          value,
          bound: TOTAL_BOUNDS["a plain run"],
          unit: " B",
        },
      ];
    } finally {
      await browser.close();
      await rm(folder, { recursive: true });
      await served.clear();
    }
  },
};

/** The scripts that a page of the server's origin loads for one run, in the coding of the answer. */
async function filesOfRun(
  browser: Browser,
  url: string,
  block: string,
): Promise<{ name: string; bytes: number }[]> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const address = `${url}/plain-run`;
  await page.route(address, (route) =>
    route.fulfill({ contentType: "text/html", body: `<!doctype html>${block}` }),
  );
  await page.goto(address);
  await page.locator("deferred-runner [part=button]").click();
  await page.locator("deferred-runner[state=succeeded]").waitFor();
  await page.waitForLoadState("networkidle");
  const files = await page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .map((entry) => entry as PerformanceResourceTiming)
      .map(({ name, encodedBodySize }) => ({ name, bytes: encodedBodySize }))
      .filter(({ name }) => name.endsWith(".js")),
  );
  await context.close();
  return files.map(({ name, bytes }) => ({ name: name.replace(/^.*\//, ""), bytes }));
}
