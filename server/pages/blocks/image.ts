import { readGlyphs, type Glyphs } from "./glyphs.ts";
import { keepNewest } from "./keep-newest.ts";
import type { LastShown } from "./last-shown.ts";
import { blockPicture } from "./picture.ts";
import type { ClaimedBlock } from "./shown-block.ts";

/** Pictures kept in memory, of some 20 kB each. */
const MAX_KEPT = 64;

export type BlockImages = ReturnType<typeof createBlockImages>;

/** Makes the pictures of blocks, each once for each result. They are PNG: networks take no SVG. */
export function createBlockImages() {
  const kept = keepNewest<Buffer>(MAX_KEPT);
  let glyphs: Glyphs | undefined;
  return function imageOf(block: ClaimedBlock, shown: LastShown | undefined): Promise<Buffer> {
    const key = `${block.path} ${block.token} ${shown?.run ?? ""}`;
    return kept(key, () => blockPicture(block, shown?.output, (glyphs ??= readGlyphs())));
  };
}
