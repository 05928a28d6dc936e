import { ElementHandle, launch } from "puppeteer-core";
import type { Engine } from "./engine.ts";

export const FIREFOX = "/usr/bin/firefox-esr";

/** Firefox over WebDriver BiDi. */
export async function launchFirefox(): Promise<Engine> {
  const browser = await launch({
    browser: "firefox",
    executablePath: FIREFOX,
    headless: true,
    defaultViewport: null, // Firefox ESR refuses to set it.
    args: ["--width=1280", "--height=900"],
    // The processor paints each frame: no moving spinner, few frames, and no process for a site that nobody opens.
    extraPrefsFirefox: {
      "ui.prefersReducedMotion": 1,
      "layout.frame_rate": 10,
      "dom.ipc.processPrelaunch.enabled": false,
    },
  });
  const page = await browser.newPage();
  return {
    async open(url) {
      await page.goto(url);
    },
    async reload() {
      await page.reload();
    },
    evaluate: (script, ...args) => page.evaluate(script, ...args),
    async click(find, ...args) {
      const found = await page.evaluateHandle(find, ...args);
      if (!(found instanceof ElementHandle)) {
        throw new Error(`the page has no ${args.join(" ")} by ${find.name}`);
      }
      await found.click();
    },
    type: (text) => page.keyboard.type(text),
    close: () => browser.close(),
  };
}
