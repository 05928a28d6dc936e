import { TerminalLine, writesOver } from "./terminal-line.ts";
import { nextLook, plain, type Look } from "./terminal-look.ts";
import { filterPiece } from "./terminal-sequences.ts";

/** Colours, and sequences that change a line. */
const KEPT = /^\x1b\[(?:[0-9;:]*m|[0-2]?K|[01]?G)$/;
const COLOURS = /\x1b\[([0-9;:]*)m/;

export interface Piece {
  text: string;
  /** Classes of its look: `c1` to `c6`, `bold`, `dim`, `italic`, `underline`, `inverse`. */
  look: string;
}

/** A program's output for a page: pieces of one look each, with overwritten lines in their final state. */
export function terminalPieces(output: string): Piece[] {
  const pieces: Piece[] = [];
  let look = plain;
  const { clean, pending } = filterPiece(output, KEPT, output.length);
  // An unfinished sequence at the end: hides the content of a string sequence and shows any other as text.
  const lines = (clean + pending.replace(/^\x1b(?:[\]PX^_][^]*)?/, "")).split("\n");
  for (const [index, line] of lines.entries()) {
    if (index > 0) add(pieces, "\n", classes(look));
    const screen = writesOver(line) ? new TerminalLine<string>() : undefined;
    for (const [place, part] of line.split(COLOURS).entries()) {
      if (place % 2 === 1) look = nextLook(look, part);
      else if (screen) screen.write(part, classes(look));
      else add(pieces, part, classes(look));
    }
    for (const cell of screen?.cells ?? []) add(pieces, cell.character, cell.look);
  }
  return pieces;
}

/** The same text without looks. */
export function plainOutput(output: string): string {
  return terminalPieces(output)
    .map(({ text }) => text)
    .join("");
}

function add(pieces: Piece[], text: string, look: string): void {
  if (text === "") return;
  const last = pieces.at(-1);
  if (last?.look === look) last.text += text;
  else pieces.push({ text, look });
}

function classes({ colour, bold, dim, italic, underline, inverse }: Look): string {
  return [
    colour > 0 && `c${colour}`,
    bold && "bold",
    dim && "dim",
    italic && "italic",
    underline && "underline",
    inverse && "inverse",
  ]
    .filter(Boolean)
    .join(" ");
}
