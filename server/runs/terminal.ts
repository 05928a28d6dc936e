// Programs write for terminals: colours, and lines that are written over. What is no text is left out.
import { TerminalLine, writesOver } from "../../protocol/terminal-line.ts";
import { nextLook, plain, type Look } from "../pages/projects/terminal-look.ts";

/** Control sequences but colours and what acts on the line: cursor moves, titles, hyperlinks' addresses. */
const SEQUENCES =
  /\x1b(?:\[(?![0-2]?K|[01]?G)[0-9;:<=>?]*[ -/]*[@-ln-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-OQ-WYZ\\`-~])/g;
const COLOURS = /\x1b\[([0-9;:]*)m/;
const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]/g;

export interface Piece {
  text: string;
  /** Classes that say how it looks: `c1` to `c6`, `bold`, `dim`, `italic`, `underline`, `inverse`. */
  look: string;
}

/** The text of a program's output, in pieces of one look. */
export function terminalText(output: string): Piece[] {
  const pieces: Piece[] = [];
  let look = plain;
  const lines = output.replace(SEQUENCES, "").replace(CONTROLS, "").split("\n");
  for (const [index, line] of lines.entries()) {
    if (index > 0) add(pieces, "\n", classes(look));
    const screen = writesOver(line) ? new TerminalLine<string>() : undefined;
    for (const [place, part] of line.split(COLOURS).entries()) {
      if (place % 2 === 1) look = nextLook(look, part);
      else if (screen) screen.write(part, classes(look));
      else add(pieces, part.replaceAll("\x1b", ""), classes(look));
    }
    for (const cell of screen?.cells ?? []) add(pieces, cell.character, cell.look);
  }
  return pieces;
}

/** The same without its looks. */
export function plainText(output: string): string {
  return terminalText(output)
    .map(({ text }) => text)
    .join("");
}

function add(pieces: Piece[], text: string, look: string): void {
  if (text === "" || text === "\x1b") return;
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
