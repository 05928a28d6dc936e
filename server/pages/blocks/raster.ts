import { promisify } from "node:util";
import { crc32, deflate } from "node:zlib";
import type { Rgb } from "../../../protocol/terminal-look.ts";
import type { Glyphs } from "./glyphs.ts";

/** A picture of rectangles and text, in pixels from the top left. */
export function createRaster(width: number, height: number, paper: Rgb, glyphs: Glyphs) {
  // A row of a PNG begins with its filter: 0 is none.
  const stride = 1 + 3 * width;
  const row = Buffer.from([0, ...Array.from({ length: width }, () => paper).flat()]);
  const rows = Buffer.alloc(stride * height, row);

  function blend(x: number, y: number, colour: Rgb, ink: number): void {
    if (ink === 0 || x < 0 || y < 0 || x >= width || y >= height) return;
    const at = y * stride + 1 + 3 * x;
    for (let part = 0; part < 3; part++) {
      const below = rows[at + part]!;
      rows[at + part] = below + ((colour[part]! - below) * ink) / 15;
    }
  }

  function fill(left: number, top: number, right: number, bottom: number, colour: Rgb): void {
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) blend(x, y, colour, 15);
    }
  }

  return {
    fill,

    /** Draws a line of text below `top`. Returns where it ends. */
    text(left: number, top: number, text: string, colour: Rgb): number {
      let x = left;
      for (const letter of text) {
        for (let pixel = 0; pixel < glyphs.width * glyphs.height; pixel++) {
          const ink = glyphs.inkAt(letter, pixel);
          blend(x + (pixel % glyphs.width), top + Math.floor(pixel / glyphs.width), colour, ink);
        }
        x += glyphs.width;
      }
      return x;
    },

    /** The picture as a PNG. Compresses on the thread pool. */
    async png(): Promise<Buffer> {
      const header = Buffer.alloc(13);
      header.writeUInt32BE(width, 0);
      header.writeUInt32BE(height, 4);
      // 8 bits a colour, red, green and blue, the one compression, the one way of filters, not interlaced.
      header.set([8, 2, 0, 0, 0], 8);
      return Buffer.concat([
        Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
        chunk("IHDR", header),
        chunk("IDAT", await promisify(deflate)(rows)),
        chunk("IEND", Buffer.alloc(0)),
      ]);
    },
  };
}

export type Raster = ReturnType<typeof createRaster>;

/** Length, name, content, and a checksum of name and content. */
function chunk(name: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, "latin1"), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}
