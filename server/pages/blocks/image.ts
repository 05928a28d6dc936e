import { readGlyphs, type Glyphs } from "./glyphs.ts";
import type { LastShown } from "./last-shown.ts";
import { blockPicture } from "./picture.ts";
import type { ClaimedBlock } from "./shown-block.ts";

/** Pictures kept in memory, of some 20 kB each. */
const MAX_KEPT = 64;

export type BlockImages = ReturnType<typeof createBlockImages>;

/** Makes the pictures of blocks, each once for each result. They are PNG: networks take no SVG. */
export function createBlockImages() {
  const kept = new Map<string, Promise<Buffer>>();
  let glyphs: Glyphs | undefined;
  return function imageOf(block: ClaimedBlock, shown: LastShown | undefined): Promise<Buffer> {
    const key = `${block.path} ${block.token} ${shown?.run ?? ""}`;
    let made = kept.get(key);
    if (!made) {
      made = blockPicture(block, shown?.output, (glyphs ??= readGlyphs()));
      kept.set(key, made);
      made.catch(() => kept.delete(key));
      for (const oldest of kept.keys()) if (kept.size > MAX_KEPT) kept.delete(oldest);
    }
    return made;
  };
}
