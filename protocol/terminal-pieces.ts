import { TerminalLine, writesOver, type Cell } from "./terminal-line.ts";
import { nextLook, plain, type Colour, type Look } from "./terminal-look.ts";
import { climbs, TerminalScreen } from "./terminal-screen.ts";
import { filterPiece } from "./terminal-sequences.ts";

/** Colours, what changes a line, and what moves among the last lines. */
export const SHOWN_SEQUENCES = /^(?:\x1b\[(?:[0-9;:]*m|[0-2]?K|[01]?G|\d{0,4}[ABEF]|0?J)|\x08)$/;
/** Its group is the codes of a change of look. */
export const LOOK_SEQUENCE = /\x1b\[([0-9;:]*)m/;

export interface Piece {
  text: string;
  /** Classes of its look: `c1` to `c6`, `bold`, `dim`, `italic`, `underline`, `inverse`. */
  look: string;
}

/** A program's output for a page: pieces of one look each, with overwritten lines in their final state. */
export function terminalPieces(output: string): Piece[] {
  const pieces: Piece[] = [];
  let look = plain;
  const { clean, pending } = filterPiece(output, SHOWN_SEQUENCES, output.length);
  // An unfinished sequence at the end: hides the content of a string sequence and shows any other as text.
  const text = clean + pending.replace(/^\x1b(?:[\]PX^_][^]*)?/, "");
  if (climbs(text)) return screenPieces(text);
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) {
    if (index > 0) add(pieces, "\n", classes(look));
    const screen = writesOver(line) ? new TerminalLine<string>() : undefined;
    for (const [place, part] of line.split(LOOK_SEQUENCE).entries()) {
      if (place % 2 === 1) look = nextLook(look, part);
      else if (screen) screen.write(part, classes(look));
      else add(pieces, part, classes(look));
    }
    for (const cell of screen?.cells ?? []) add(pieces, cell.character, cell.look);
  }
  return pieces;
}

/** The pieces of an output that goes back to earlier lines. */
function screenPieces(text: string): Piece[] {
  const pieces: Piece[] = [];
  const leave = (cells: readonly Cell<string>[]) => {
    for (const { character, look } of cells) add(pieces, character, look);
    add(pieces, "\n", "");
  };
  const screen = new TerminalScreen<string>({ leave });
  let look = plain;
  for (const [place, part] of text.split(LOOK_SEQUENCE).entries()) {
    if (place % 2 === 1) look = nextLook(look, part);
    else screen.write(part, classes(look));
  }
  for (const { cells } of screen.lines.slice(0, -1)) leave(cells);
  for (const { character, look } of screen.lines.at(-1)!.cells) add(pieces, character, look);
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

function classes({ foreground, bold, dim, italic, underline, inverse }: Look): string {
  const { colour, grey } = pageColour(foreground);
  return [
    colour > 0 && `c${colour}`,
    bold && "bold",
    (dim || grey) && "dim",
    italic && "italic",
    underline && "underline",
    inverse && "inverse",
  ]
    .filter(Boolean)
    .join(" ");
}

/**
 * The pages show six colours, 1 to 6 in ECMA-48's numbering: both of their schemes have these with enough contrast. For
 * any other colour it is the one with the same strong components.
 */
function pageColour(asked: Colour = 0): { colour: number; grey: boolean } {
  if (typeof asked === "number") {
    return { colour: asked % 8 === 7 ? 0 : asked % 8, grey: asked === 8 };
  }
  const [red, green, blue] = asked;
  const [least, most] = [Math.min(red, green, blue), Math.max(red, green, blue)];
  if (most - least < 40) return { colour: 0, grey: most > 0 && most < 128 };
  const middle = (least + most) / 2;
  const colour = (red > middle ? 1 : 0) + (green > middle ? 2 : 0) + (blue > middle ? 4 : 0);
  return { colour, grey: false };
}
