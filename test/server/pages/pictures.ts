import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";

const folder = join(import.meta.dirname, "pictures");
/** How this browser and its fonts draw a sample of text: another browser, or other fonts, draw other pictures. */
const sampleFile = join(folder, "drawn-with.json");
/** `UPDATE_PICTURES=1` keeps the new pictures in place of the old ones. */
const isUpdate = process.env["UPDATE_PICTURES"] === "1";

/**
 * Means of squares are compared, not pixels: on a busy machine a few edges are drawn a shade differently. A changed
 * word differs in more squares. They are kept beside each picture, as its exact miniature: the picture itself is
 * compressed for people, and takes longer to compress than to draw.
 */
const MOST_SQUARES = 2;

export interface Pictures {
  /** Whether this machine draws text as the kept pictures have it. */
  comparable: boolean;
  /** Keeps the picture of the whole page, or says how it differs from the kept one; undefined: in nothing. */
  differenceOf: (page: Page, name: string) => Promise<string | undefined>;
  close: () => Promise<void>;
}

/** Opens the kept pictures. They are decoded and compared by the browser itself. */
export async function openPictures(browser: Browser): Promise<Pictures> {
  const context = await browser.newContext({ deviceScaleFactor: 1 });
  const canvas = await context.newPage();
  const sample = `${JSON.stringify(await canvas.evaluate(drawSample, browser.version()), null, 2)}\n`;
  if (isUpdate) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(sampleFile, sample);
  }
  const comparable = existsSync(sampleFile) && readFileSync(sampleFile, "utf8") === sample;
  return {
    comparable,
    close: () => context.close(),
    differenceOf: async (page, name) => {
      const shot = await page.screenshot({ fullPage: true, animations: "disabled", caret: "hide" });
      const png = shot.toString("base64");
      const now = await canvas.evaluate(meansOf, png);
      const file = join(folder, `${name}.means.png`);
      if (isUpdate) {
        if (existsSync(file) && readFileSync(file).toString("base64") === now) return undefined;
        writeFileSync(file, Buffer.from(now, "base64"));
        const picture = await canvas.evaluate(asWebp, png);
        writeFileSync(join(folder, `${name}.webp`), Buffer.from(picture, "base64"));
        return "The picture is new.";
      }
      if (!comparable) return undefined;
      if (!existsSync(file)) return `${name} has no kept picture.`;
      const kept = readFileSync(file).toString("base64");
      const difference = await canvas.evaluate(compare, [kept, now] as const);
      if (typeof difference === "object" && difference.squares <= MOST_SQUARES) {
        return undefined;
      }
      const what =
        typeof difference === "string"
          ? difference
          : `in ${difference.squares} squares, in rows ${difference.rows.join(" to ")}`;
      return `${name} differs ${what}. If that is right, run this file with UPDATE_PICTURES=1, and look at the pictures.`;
    },
  };
}

/** Draws text in the pages' fonts, and returns its digest with the browser's version. Runs in a page. */
function drawSample(version: string): { browser: string; text: string } {
  const canvas = new OffscreenCanvas(900, 40 * 5);
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  ["system-ui", "ui-monospace", "monospace", "sans-serif", "serif"].forEach((family, row) => {
    context.font = `16px ${family}`;
    context.fillText("Waking a machine 0123 · ✓ 日本語 قبل التشغيل", 4, 24 + row * 40);
  });
  let text = 0;
  for (const value of context.getImageData(0, 0, canvas.width, canvas.height).data) {
    text = (Math.imul(text, 31) + value) | 0;
  }
  return { browser: version, text: (text >>> 0).toString(16) };
}

/** Runs in a page. */
async function asWebp(png: string): Promise<string> {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext("2d")!.drawImage(image, 0, 0);
  return canvas.toDataURL("image/webp", 0.2).split(",")[1]!;
}

/** The mean colour of each square of a picture, as a picture that has a pixel for each. Runs in a page. */
async function meansOf(png: string): Promise<string> {
  const side = 8;
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const whole = new OffscreenCanvas(image.width, image.height).getContext("2d", {
    willReadFrequently: true,
  })!;
  whole.drawImage(image, 0, 0);
  const { data, width } = whole.getImageData(0, 0, image.width, image.height);
  const canvas = document.createElement("canvas");
  canvas.width = Math.floor(image.width / side);
  canvas.height = Math.floor(image.height / side);
  const small = canvas.getContext("2d")!;
  const means = small.createImageData(canvas.width, canvas.height);
  for (let row = 0; row < canvas.height; row++) {
    const sums = new Uint32Array(canvas.width * 4);
    for (let y = row * side; y < (row + 1) * side; y++) {
      let from = y * width * 4;
      for (let to = 0; to < sums.length; to += 4) {
        for (let x = 0; x < side; x++, from += 4) {
          sums[to]! += data[from]!;
          sums[to + 1]! += data[from + 1]!;
          sums[to + 2]! += data[from + 2]!;
          sums[to + 3]! += data[from + 3]!;
        }
      }
    }
    means.data.set(
      sums.map((sum) => sum / side ** 2),
      row * sums.length,
    );
  }
  small.putImageData(means, 0, 0);
  return canvas.toDataURL("image/png").split(",")[1]!;
}

interface Difference {
  /** Squares whose mean colour differs visibly. */
  squares: number;
  /** The first and the last row of the picture that has one. */
  rows: [number | undefined, number | undefined];
}

/** Compares the means of two pictures; a sentence if their sizes differ. Runs in a page. */
async function compare([kept, now]: readonly [string, string]): Promise<Difference | string> {
  const draw = async (png: string) => {
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d")!;
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, image.width, image.height);
  };
  const side = 8;
  const [one, other] = [await draw(kept), await draw(now)];
  const { width } = one;
  if (width !== other.width || one.height !== other.height) {
    const sizes = [other, one].map(({ width, height }) => `${width * side} × ${height * side}`);
    return `in size: ${sizes.join(", not ")}`;
  }
  const rows: number[] = [];
  for (let square = 0; square < one.data.length; square += 4) {
    const isFar = [0, 1, 2].some(
      (channel) => Math.abs(one.data[square + channel]! - other.data[square + channel]!) > 12,
    );
    if (isFar) rows.push(Math.floor(square / 4 / width) * side);
  }
  return { squares: rows.length, rows: [rows[0], rows.at(-1)] };
}
