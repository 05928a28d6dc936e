import { TerminalLine, writesOver, type Cell } from "../../protocol/terminal-line.ts";
import { nextLook, plain, type Look } from "../../protocol/terminal-look.ts";
import { LOOK_SEQUENCE, SHOWN_SEQUENCES } from "../../protocol/terminal-pieces.ts";
import { filterPiece } from "../../protocol/terminal-sequences.ts";
import type { OutputSpan } from "../element/view.ts";

// Loaded only for output with control characters: most programs print plain text.
export { drawSpans } from "./terminal-spans.ts";
export { terminalStyles } from "./terminal-styles.ts";

/** A longer escape sequence is given up. */
const LONGEST_SEQUENCE = 256;
/** C1 control characters stay: U+0085 occurs in text. */
const KEPT = new RegExp(`${SHOWN_SEQUENCES.source}|^[\\x80-\\x9f]$`);

/** Text with its looks, and the state of the terminal after it. */
export interface TerminalText {
  text: string;
  /** Absent: all of it is plain. */
  spans?: readonly OutputSpan[] | undefined;
  /** Where the next character of the last line goes; absent: at its end. */
  column?: number | undefined;
  /** The look of the next characters; absent: plain. */
  look?: Look | undefined;
}

/** Drops sequences that are not shown; `pending` is an incomplete one, which waits for more output. */
export function filterOutput(text: string): { clean: string; pending: string } {
  return filterPiece(text, KEPT, LONGEST_SEQUENCE);
}

/** Writes `more`, which is filtered, after `before`, as a terminal does. */
export function writeOutput(before: TerminalText, more: string): TerminalText {
  const written = new StyledText();
  let { look, column } = before;
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
  return { text: written.text, spans: written.spans, column, look };
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
