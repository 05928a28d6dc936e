// Writes the moving pictures of README.md, docs/widget-light.webp and docs/widget-dark.webp: a block of the start page
// of a real server, whose input a reader changes and which is then run on a machine that wakes.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { responderCommand, serverAssets } from "../../cli/layout.ts";
import { readServerSettings, startServer } from "../../server/main.ts";
import { buildStale } from "../bundles.mjs";
import { inRoot } from "../root.mjs";
import { animatedWebp, type Frame } from "./webp.ts";
import { changedPart } from "./changed-part.ts";

const BLOCK = "#sunflower-python deferred-runner";
const ANGLE = "137.3";
const SIZE = { width: 680, height: 764 };
/** How long a reader looks at the page before the first change, and at the result. */
const BEGIN_MS = 1500;
const END_MS = 5000;
/** Two changes within this time make one frame. */
const FRAME_MS = 100;

/** The block alone, on the background of the start page. */
const ONLY_THE_BLOCK = `
  body { padding: 0 !important }
  body > :not(main), main > :not(.hero), .hero > :not(.example), .example > :not(deferred-runner) { display: none !important }
  .hero { display: block !important; margin: 0 !important; padding: 12px }
`;

buildStale();
const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
try {
  for (const scheme of ["light", "dark"] as const) {
    const picture = await withServer((url) => record(browser, url, scheme));
    writeFileSync(inRoot(`docs/widget-${scheme}.webp`), picture);
    process.stdout.write(`docs/widget-${scheme}.webp: ${Math.round(picture.length / 1000)} kB\n`);
  }
} finally {
  await browser.close();
}

/** A new server for each recording: its first press wakes a machine. */
async function withServer<Value>(use: (url: string) => Promise<Value>): Promise<Value> {
  const data = mkdtempSync(join(tmpdir(), "deferred-picture-"));
  const env = { DEFERRED_DATA: data, DEFERRED_LOG: "silent", PORT: "0" };
  const server = await startServer(readServerSettings(env), {
    assets: serverAssets(),
    responder: responderCommand(),
  });
  try {
    return await use(server.url);
  } finally {
    await server.close();
    rmSync(data, { recursive: true, force: true });
  }
}

async function record(
  browser: Browser,
  url: string,
  colorScheme: "light" | "dark",
): Promise<Buffer> {
  const page = await browser.newPage({ colorScheme, viewport: SIZE, bypassCSP: true });
  try {
    // The picture appears when the run ends, and not before.
    await page.route(`${url}/`, async (route) => {
      const response = await route.fetch();
      const html = await response.text();
      await route.fulfill({ response, body: html.replace(/<output\b[^]*?<\/output>/, "") });
    });
    await page.goto(url);
    await page.addStyleTag({ content: ONLY_THE_BLOCK });
    const block = page.locator(BLOCK);
    const input = block.getByRole("spinbutton");
    await input.waitFor();
    await page.waitForLoadState("networkidle");
    const recording = startRecording(page);
    await page.waitForTimeout(BEGIN_MS);
    await input.fill("");
    await input.pressSequentially(ANGLE, { delay: 150 });
    await block.getByRole("button", { name: "Run" }).click();
    await page.locator(`${BLOCK}[state=succeeded]`).waitFor();
    await block.getByRole("img").last().waitFor();
    await page.waitForTimeout(FRAME_MS * 5);
    return animatedWebp(await recording.stop());
  } finally {
    await page.close();
  }
}

/** Takes a picture of the page again and again; keeps the changed part and its duration. */
function startRecording(page: Page): { stop: () => Promise<Frame[]> } {
  let going = true;
  const recorded = (async () => {
    const frames: Frame[] = [];
    let last: { png: Buffer; at: number } | undefined;
    for (; going; await page.waitForTimeout(FRAME_MS)) {
      const png = await page.screenshot();
      const at = performance.now();
      const part = await changedPart(page, last?.png, png);
      if (!part) continue;
      const before = frames.at(-1);
      if (before && last) before.shownMs = at - last.at;
      frames.push({ ...part, shownMs: END_MS });
      last = { png, at };
    }
    return frames;
  })();
  return {
    stop() {
      going = false;
      return recorded;
    },
  };
}
