import { filterPiece, removeControls } from "./terminal-sequences.ts";

/** The only sequences that are harmless on a terminal: colours, styles, and erasing the current line. */
const HARMLESS = /^\x1b\[(?:[0-9;:]*m|[0-2]?K)$/;
/** Long enough for hyperlinks. */
const LONGEST_SEQUENCE = 4096;

/** Characters that reorder the text around them: with them a name could look like another one. */
export const BIDI_CONTROLS = /[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Filters one stream of a program's output for a terminal: unfiltered, it could set the clipboard, move
 * earlier text, or type. An incomplete sequence waits for the next piece.
 */
export function terminalFilter(): (text: string) => string {
  let pending = "";
  return (text) => {
    const filtered = filterPiece(pending + text, HARMLESS, LONGEST_SEQUENCE);
    ({ pending } = filtered);
    return filtered.clean;
  };
}

/** Text without control sequences and control characters, colours included; line ends and tabs stay. */
export function withoutControls(text: string): string {
  return removeControls(text).replaceAll("\r", "").replace(BIDI_CONTROLS, "");
}

/** The same as one line: for a cell, a name, or another party's sentence. */
export function plainLine(text: string, longest = Number.POSITIVE_INFINITY): string {
  const line = withoutControls(text.replace(/\s+/g, " ")).replace(/ +/g, " ").trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}
