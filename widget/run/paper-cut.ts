import type { OutputPart } from "../element/view.ts";

/** About six pages. */
const MOST_ROWS = 300;
/** Characters of output that a row of paper holds, about. */
const COLUMNS = 80;

/** Where output ends on paper. */
export interface PaperCut {
  /** Number of the piece of output, and the place in its text. */
  part: number;
  at: number;
  /** Lines after it. */
  lines: number;
}

const cuts = new WeakMap<readonly OutputPart[], PaperCut | undefined>();

/** Finds where the output of a run that has ended is cut on paper. Undefined: it is printed whole. */
export function findPaperCut(parts: readonly OutputPart[]): PaperCut | undefined {
  if (!cuts.has(parts)) cuts.set(parts, cutOf(parts));
  return cuts.get(parts);
}

function cutOf(parts: readonly OutputPart[]): PaperCut | undefined {
  let rows = 0;
  for (const [part, { text }] of parts.entries()) {
    for (let at = 0; at < text.length;) {
      const end = text.indexOf("\n", at) + 1 || text.length;
      rows += Math.max(1, Math.ceil((end - at - 1) / COLUMNS));
      if (rows > MOST_ROWS) return { part, at, lines: linesAfter(parts, part, at) };
      at = end;
    }
  }
  return undefined;
}

function linesAfter(parts: readonly OutputPart[], part: number, at: number): number {
  const texts = parts.slice(part).map(({ text }) => text);
  texts[0] = texts[0]!.slice(at);
  const ends = texts.reduce((sum, text) => sum + text.split("\n").length - 1, 0);
  return ends + (texts.at(-1)!.endsWith("\n") ? 0 : 1);
}
