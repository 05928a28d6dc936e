import type { ShownClaims } from "../element/claims.ts";
import { lazyPart } from "../element/lazy-part.ts";
import type { CodeReader } from "./read-code.ts";

/** The block that shows a line of the program, and the line's number in its code, from 1. */
export interface BlockLine {
  block: Element;
  /** The digest of that code. */
  code: string | undefined;
  line: number;
}

/** The line is in the set-up, which no page shows. */
export interface SetUpLine {
  setUpLine: number;
}

const loadParts = lazyPart(() => import("./parts.ts"));

/**
 * Finds the code that has a line of the program. The program is the set-up, the blocks that this one builds on, a line
 * of the responder's own, and the block's code. Undefined: no code of this page has it.
 */
export async function findProgramLine(
  host: Element,
  line: number,
  { after = [], setup, code }: ShownClaims,
  reader: CodeReader,
): Promise<BlockLine | SetUpLine | undefined> {
  if (after.length === 0 && setup === undefined) return { block: host, code, line };
  const { findEarlierBlocks, readSetup } = await loadParts();
  let left = line;
  if (setup !== undefined) {
    const lines = countLines(readSetup(host.getAttribute("setup") ?? "") ?? "");
    if (lines === 0) return undefined;
    if (left <= lines) return { setUpLine: left };
    left -= lines;
  }
  const blocks = await findEarlierBlocks(host, after, reader);
  for (const digest of after) {
    const found = blocks.get(digest);
    if (!found) return undefined;
    const lines = countLines(found.text);
    if (left <= lines) return { block: found.block, code: digest, line: left };
    left -= lines;
  }
  return left > 1 ? { block: host, code, line: left - 1 } : undefined;
}

/** Lines of a text's canonical form, which has no blank ones at its ends. */
function countLines(text: string): number {
  const filled = text.split(/\r\n?|\n/).map((line) => /[^ \t]/.test(line));
  return filled.includes(true) ? filled.lastIndexOf(true) - filled.indexOf(true) + 1 : 0;
}
