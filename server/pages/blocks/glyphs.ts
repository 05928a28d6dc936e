import { inflateSync } from "node:zlib";
import * as v from "valibot";
import { readBlocksFile } from "./assets.ts";

const GlyphsSchema = v.object({
  letters: v.string(),
  width: v.number(),
  height: v.number(),
  /** 16 greys, two in a byte, compressed, in base64. */
  greys: v.string(),
});

/** Drawn letters of a monospaced font, since servers may have no fonts. `setup/make-glyphs.ts` draws them. */
export interface Glyphs {
  width: number;
  height: number;
  /** How much of a pixel of a letter is ink: 0 to 15. */
  inkAt(letter: string, pixel: number): number;
}

export function readGlyphs(): Glyphs {
  const { letters, width, height, greys } = v.parse(
    GlyphsSchema,
    JSON.parse(readBlocksFile("glyphs.json")),
  );
  const packed = inflateSync(Buffer.from(greys, "base64"));
  const numbers = new Map(Array.from(letters, (letter, number) => [letter, number]));
  const unknown = numbers.get("\ufffd") ?? 0;
  return {
    width,
    height,
    inkAt(letter, pixel) {
      const index = (numbers.get(letter) ?? unknown) * width * height + pixel;
      const byte = packed[index >> 1] ?? 0;
      return index % 2 === 0 ? byte >> 4 : byte & 15;
    },
  };
}
