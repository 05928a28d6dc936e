import { languageOf } from "../../../blocks/embed-tag.ts";
import { readBlocksFile } from "./assets.ts";
import type { ClaimedBlock } from "./shown-block.ts";

/** The function without `export`, which only a module may have. */
const placeBlock = readBlocksFile("insert.js").replace("export function", "function");

/** The script that puts a block where its tag stands. `address` is its own. */
export function insertScript(block: ClaimedBlock, address: string, server: string): string {
  const facts = {
    address,
    block: block.token,
    label: block.title,
    language: languageOf(block.claims.runtime),
    code: block.code.replace(/\n$/, ""),
    server,
  };
  return `(() => {\n${placeBlock}\nplaceBlock(${JSON.stringify(facts)});\n})();\n`;
}
