// Programs write for terminals: colours, and lines that are written over. What is no text is left out.

/** Control sequences but colours: cursor moves, titles, hyperlinks' addresses. */
const SEQUENCES =
  /\x1b(?:\[[0-9;:?<=>]*[ -/]*[@-ln-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-OQ-WYZ\\`-~])/g;
const COLOURS = /\x1b\[([0-9;:]*)m/;
const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]/g;

export interface Piece {
  text: string;
  /** Classes that say how it looks: `c1` to `c6`, `bold`, `dim`, `italic`, `underline`. */
  look: string;
}

/** The text of a program's output, in pieces of one look. */
export function terminalText(output: string): Piece[] {
  const text = overwritten(output.replace(SEQUENCES, "").replace(CONTROLS, ""));
  const [first = "", ...rest] = text.split(COLOURS).map((part) => part.replaceAll("\x1b", ""));
  const pieces: Piece[] = [{ text: first, look: "" }];
  let look = plain;
  for (let index = 0; index < rest.length; index += 2) {
    look = nextLook(look, rest[index]!);
    pieces.push({ text: rest[index + 1]!, look: classes(look) });
  }
  return pieces.filter(({ text }) => text !== "");
}

/** The same without its looks. */
export function plainText(output: string): string {
  return terminalText(output)
    .map(({ text }) => text)
    .join("");
}

/** Of a line that was written over with carriage returns, what one would see at last. */
function overwritten(text: string): string {
  if (!text.includes("\r")) return text;
  // By lines, as a pattern would look through a long line once for each of its characters.
  const lines = text.split("\n").map((line) => {
    const shown = trimReturns(line);
    return shown.slice(shown.lastIndexOf("\r") + 1);
  });
  return lines.join("\n");
}

function trimReturns(line: string): string {
  let end = line.length;
  while (line[end - 1] === "\r") end--;
  return line.slice(0, end);
}

interface Look {
  colour: number;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
}
const plain: Look = { colour: 0, bold: false, dim: false, italic: false, underline: false };

/** Select Graphic Rendition: ECMA-48, and the sixteen colours that terminals know. */
function nextLook(look: Look, codes: string): Look {
  const next = { ...look };
  const numbers = codes.split(/[;:]/).map(Number);
  for (let index = 0; index < numbers.length; index++) {
    const code = numbers[index]!;
    if (code === 0) Object.assign(next, plain);
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 3) next.italic = true;
    else if (code === 4) next.underline = true;
    else if (code === 22) next.bold = next.dim = false;
    else if (code === 23) next.italic = false;
    else if (code === 24) next.underline = false;
    else if (code >= 31 && code <= 36) next.colour = code - 30;
    else if (code >= 91 && code <= 96) next.colour = code - 90;
    else if (code === 90) [next.colour, next.dim] = [0, true];
    else if (code === 30 || code === 37 || code === 39 || code === 97) next.colour = 0;
    // Of 256 colours or more none is shown; their numbers are no codes.
    else if (code === 38 || code === 48) index += numbers[index + 1] === 5 ? 2 : 4;
  }
  return next;
}

function classes({ colour, bold, dim, italic, underline }: Look): string {
  return [
    colour > 0 && `c${colour}`,
    bold && "bold",
    dim && "dim",
    italic && "italic",
    underline && "underline",
  ]
    .filter(Boolean)
    .join(" ");
}
