import { TerminalLine, writesOver, type Cell } from "../../protocol/terminal-line.ts";
import { nextLook, plain, type Look } from "../../protocol/terminal-look.ts";
import { LOOK_SEQUENCE, SHOWN_SEQUENCES } from "../../protocol/terminal-pieces.ts";
import { climbs, REACH, TerminalScreen } from "../../protocol/terminal-screen.ts";
import { filterPiece } from "../../protocol/terminal-sequences.ts";
import type { Output, OutputPart, OutputSpan } from "../element/view.ts";

// Loaded only for output with control characters: most programs print plain text.
export { drawSpans } from "./terminal-spans.ts";
export { terminalStyles } from "./terminal-styles.ts";

/** A longer escape sequence is given up. */
const LONGEST_SEQUENCE = 256;
/** C1 control characters stay: U+0085 occurs in text. */
const KEPT = new RegExp(`${SHOWN_SEQUENCES.source}|^[\\x80-\\x9f]$`);

type Cursor = Output["cursor"];

/** Text with its looks, and the state of the terminal after it. */
export interface TerminalText {
  text: string;
  /** Absent: all of it is plain. */
  spans?: readonly OutputSpan[] | undefined;
  cursor?: Cursor;
  /** The look of the next characters; absent: plain. */
  look?: Look | undefined;
}

/** Drops sequences that are not shown; `pending` is an incomplete one, which waits for more output. */
export function filterOutput(text: string): { clean: string; pending: string } {
  return filterPiece(text, KEPT, LONGEST_SEQUENCE);
}

/** Whether `more` is written above the last line. */
export function goesBack(cursor: Cursor, more: string): boolean {
  return (cursor?.up ?? 0) > 0 || climbs(more);
}

/** Writes `more`, which is filtered, after `before`, as a terminal does. */
export function writeOutput(before: TerminalText, more: string): TerminalText {
  if (goesBack(before.cursor, more)) return writeOnScreen(before, more);
  const written = new StyledText();
  let { look } = before;
  let column = before.cursor?.column;
  const begun = before.text.lastIndexOf("\n") + 1;
  for (const [index, line] of more.split("\n").entries()) {
    const goesOn = index === 0;
    const over = (goesOn && column !== undefined) || writesOver(line);
    if (goesOn) written.addPart(before, 0, over ? begun : before.text.length);
    else written.add("\n");
    const cells = goesOn && over ? cellsOf(before, begun) : [];
    const terminal = over ? new TerminalLine(cells, goesOn ? column : undefined) : undefined;
    for (const [place, piece] of line.split(LOOK_SEQUENCE).entries()) {
      if (place % 2 === 1) look = worn(nextLook(look ?? plain, piece));
      else if (terminal) terminal.write(piece, look);
      else written.add(piece, look);
    }
    if (terminal) written.addCells(terminal.cells);
    const atEnd = !terminal || terminal.column === terminal.cells.length;
    column = atEnd ? undefined : terminal.column;
  }
  const cursor = column === undefined ? undefined : { column, up: 0 };
  return { text: written.text, spans: written.spans, cursor, look };
}

/** The same where the program goes back to earlier lines, as displays of several progress bars do. */
function writeOnScreen(before: TerminalText, more: string): TerminalText {
  const written = new StyledText();
  const from = startOfReach(before.text);
  written.addPart(before, 0, from);
  const lines = linesOf(cellsOf(before, from)).map((cells) => new TerminalLine(cells));
  const screen = new TerminalScreen<Look | undefined>({
    lines,
    up: before.cursor?.up ?? 0,
    leave: (cells) => {
      written.addCells(cells);
      written.add("\n");
    },
  });
  if (before.cursor) screen.line.column = before.cursor.column;
  let { look } = before;
  for (const [place, piece] of more.split(LOOK_SEQUENCE).entries()) {
    if (place % 2 === 1) look = worn(nextLook(look ?? plain, piece));
    else screen.write(piece, look);
  }
  for (const [index, { cells }] of screen.lines.entries()) {
    if (index > 0) written.add("\n");
    written.addCells(cells);
  }
  const { line, up } = screen;
  const atEnd = up === 0 && line.column === line.cells.length;
  const cursor = atEnd ? undefined : { column: line.column, up };
  return { text: written.text, spans: written.spans, cursor, look };
}

/** Where the last lines begin that a program can go back to. */
function startOfReach(text: string): number {
  let at = text.length;
  for (let lines = 0; lines < REACH; lines++) {
    at = at > 0 ? text.lastIndexOf("\n", at - 1) : -1;
    if (at < 0) return 0;
  }
  return at + 1;
}

function linesOf(cells: readonly Cell<Look | undefined>[]): Cell<Look | undefined>[][] {
  const lines: Cell<Look | undefined>[][] = [[]];
  for (const cell of cells) {
    if (cell.character === "\n") lines.push([]);
    else lines.at(-1)!.push(cell);
  }
  return lines;
}

/** Characters of a piece that can be rewritten; what is before them is a piece of its own. */
const MOST_OPEN = 8_192;

/** The last piece with as much before it as a program can go back to, and the pieces before that. */
export function reachBack(parts: readonly OutputPart[]): {
  kept: readonly OutputPart[];
  open: OutputPart;
} {
  let first = parts.length - 1;
  let open = parts[first]!;
  while (
    first > 0 &&
    open.cut === 0 &&
    open.text.length < MOST_OPEN &&
    startOfReach(open.text) === 0
  ) {
    const before = parts[first - 1]!;
    if (before.stream !== open.stream) break;
    const joined = new StyledText();
    for (const part of [before, open]) joined.addPart(part, 0, part.text.length);
    open = partOf(before, joined);
    first--;
  }
  const kept = parts.slice(0, first);
  const from = startOfReach(open.text);
  if (from < MOST_OPEN) return { kept, open };
  const [head, tail] = [new StyledText(), new StyledText()];
  head.addPart(open, 0, from);
  tail.addPart(open, from, open.text.length);
  return { kept: [...kept, partOf(open, head)], open: partOf({ ...open, cut: 0 }, tail) };
}

function partOf({ stream, cut }: OutputPart, { text, spans }: StyledText): OutputPart {
  return { stream, text, cut, ...(spans && { spans }) };
}

/** The looks of `part` between two places of its text. */
export function spansBetween({ text, spans }: TerminalText, from: number, to: number) {
  const part = new StyledText();
  part.addPart({ text, spans }, from, to);
  return part.spans;
}

class StyledText {
  text = "";
  readonly #spans: { length: number; look: Look | undefined }[] = [];

  /** Absent where all of it is plain. */
  get spans(): readonly OutputSpan[] | undefined {
    return this.#spans.some(({ look }) => look) ? this.#spans : undefined;
  }

  add(text: string, look?: Look): void {
    if (text === "") return;
    this.text += text;
    const last = this.#spans.at(-1);
    if (last && last.look === look) last.length += text.length;
    else this.#spans.push({ length: text.length, look });
  }

  addCells(cells: readonly Cell<Look | undefined>[]): void {
    for (let from = 0, to = 0; from < cells.length; from = to) {
      const { look } = cells[from]!;
      while (to < cells.length && cells[to]!.look === look) to++;
      const characters = cells.slice(from, to).map(({ character }) => character);
      this.add(characters.join(""), look);
    }
  }

  addPart({ text, spans = [{ length: text.length }] }: TerminalText, from: number, to: number) {
    let at = 0;
    for (const { length, look } of spans) {
      this.add(text.slice(Math.max(at, from), Math.min(at + length, to)), look);
      at += length;
    }
  }
}

function cellsOf(part: TerminalText, from: number): Cell<Look | undefined>[] {
  const { text, spans = [{ length: text.length }] } = part;
  let at = 0;
  return spans.flatMap(({ length, look }) => {
    const shown = text.slice(Math.max(at, from), at + length);
    at += length;
    return Array.from(shown, (character) => ({ character, look }));
  });
}

/** Undefined for the plain look, so that plain text needs no spans. */
function worn(look: Look): Look | undefined {
  const isPlain = Object.entries(look).every(
    ([name, value]) => value === plain[name as keyof Look],
  );
  return isPlain ? undefined : look;
}
