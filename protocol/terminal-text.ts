import { filterPiece, removeControls } from "./terminal-sequences.ts";

/** Colours and styles, and erasing the line that is written: no other control sequence is harmless on a terminal. */
const HARMLESS = /^\x1b\[(?:[0-9;:]*m|[0-2]?K)$/;
/** Addresses of hyperlinks are long. */
const LONGEST_SEQUENCE = 4096;

/** Characters that reorder the text around them: a name could show as another one. */
export const BIDI_CONTROLS = /[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * A filter for one stream of a program's output on its way to a terminal: it could otherwise set the
 * clipboard, move text that was read before, or type. What is unfinished waits for the next piece.
 */
export function terminalFilter(): (text: string) => string {
  let pending = "";
  return (text) => {
    const filtered = filterPiece(pending + text, HARMLESS, LONGEST_SEQUENCE);
    ({ pending } = filtered);
    return filtered.clean;
  };
}

/** Text without any control sequence or control character, colours included; line ends and tabs stay. */
export function withoutControls(text: string): string {
  return removeControls(text).replaceAll("\r", "").replace(BIDI_CONTROLS, "");
}

/** The same as one line: for a cell, a name, a sentence of somebody else's. */
export function plainLine(text: string, longest = Number.POSITIVE_INFINITY): string {
  const line = withoutControls(text.replace(/\s+/g, " ")).replace(/ +/g, " ").trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}
