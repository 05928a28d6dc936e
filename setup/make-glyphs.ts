// Draws the letters of the pictures of blocks: `node setup/make-glyphs.ts` writes server/pages/blocks/files/glyphs.json.
// It needs Chromium and the font DejaVu Sans Mono. A server has neither, so the drawn letters are kept.
import { writeFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import { chromium } from "playwright-core";
import { inRoot } from "./root.mjs";

const WIDTH = 15;
const HEIGHT = 33;
/** Latin, Greek, Cyrillic, punctuation, arrows, signs of mathematics, boxes, blocks, shapes, marks. */
const RANGES: [from: number, to: number][] = [
  [0x20, 0x7e],
  [0xa0, 0x17f],
  [0x391, 0x3c9],
  [0x401, 0x401],
  [0x410, 0x44f],
  [0x451, 0x451],
  [0x2010, 0x2026],
  [0x20ac, 0x20ac],
  [0x2190, 0x2195],
  [0x2200, 0x2265],
  [0x2500, 0x257f],
  [0x2580, 0x259f],
  [0x25a0, 0x25cf],
  [0x2713, 0x2717],
  // Stands for all others.
  [0xfffd, 0xfffd],
];

const letters = RANGES.flatMap(([from, to]) =>
  Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index)),
);
const args = ["--no-sandbox", "--disable-lcd-text", "--font-render-hinting=none"];
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args });
const page = await browser.newPage();
const greys = await page.evaluate(
  ({ letters, width, height }) => {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("there is no canvas");
    return letters.flatMap((letter) => {
      context.fillStyle = "#000";
      context.fillRect(0, 0, width, height);
      context.fillStyle = "#fff";
      context.font = '24.9px "DejaVu Sans Mono"';
      context.fillText(letter, 0, 25);
      const { data } = context.getImageData(0, 0, width, height);
      return Array.from({ length: width * height }, (_, index) => data[4 * index] ?? 0);
    });
  },
  { letters, width: WIDTH, height: HEIGHT },
);
await browser.close();

// 16 greys, two in a byte.
const packed = Buffer.alloc(Math.ceil(greys.length / 2));
for (const [index, grey] of greys.entries()) {
  packed[index >> 1]! |= Math.round(grey / 17) << (index % 2 ? 0 : 4);
}
const glyphs = {
  letters: letters.join(""),
  width: WIDTH,
  height: HEIGHT,
  greys: deflateSync(packed, { level: 9 }).toString("base64"),
};
writeFileSync(inRoot("server/pages/blocks/files/glyphs.json"), `${JSON.stringify(glyphs)}\n`);
