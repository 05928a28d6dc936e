import { readFileSync } from "node:fs";
import { assetOf, type Asset } from "../assets.ts";

export function readBlocksFile(name: string): string {
  return readFileSync(new URL(`./files/${name}`, import.meta.url), "utf8");
}

export const blocksStyle = assetOf(
  "blocks",
  "css",
  "text/css; charset=utf-8",
  readBlocksFile("blocks.css"),
);
/** Tells the page around a frame how high the block is. */
export const embedScript = assetOf(
  "embed",
  "js",
  "text/javascript; charset=utf-8",
  readBlocksFile("embed.js"),
);

export const blockAssets: readonly Asset[] = [blocksStyle, embedScript];
