import { TerminalLine, type Cell } from "./terminal-line.ts";

/** Sequences that act beyond a line: line ends, cursor up and down (`A`, `B`; to a line's start: `E`, `F`), erase below (`J`). */
const MOVES = /(\n|\x1b\[\d{0,4}[ABEF]|\x1b\[0?J)/;
const CLIMBS = /\x1b\[(?:\d{0,4}[ABEF]|0?J)/;

/** How many lines above the last one a program may rewrite: the height of a tall terminal. */
export const REACH = 64;
/** The cursor keeps its column when it moves up or down, up to the width of a wide terminal. */
const MOST_COLUMNS = 1_000;

/** Whether a terminal would move to another line than the next. */
export function climbs(text: string): boolean {
  return CLIMBS.test(text);
}

export interface TerminalScreenOptions<Look> {
  /** The lines so far, of which `up` are below the cursor. */
  lines?: TerminalLine<Look>[];
  up?: number;
  /** Receives each line that is out of reach, in order. */
  leave: (cells: readonly Cell<Look>[]) => void;
}

/** The last lines of a terminal: displays of several progress bars move among them. */
export class TerminalScreen<Look> {
  readonly lines: TerminalLine<Look>[];
  #row: number;
  readonly #leave: TerminalScreenOptions<Look>["leave"];

  constructor({ lines = [new TerminalLine()], up = 0, leave }: TerminalScreenOptions<Look>) {
    this.lines = lines;
    this.#row = Math.max(0, lines.length - 1 - up);
    this.#leave = leave;
  }

  /** Lines below the cursor. */
  get up(): number {
    return this.lines.length - 1 - this.#row;
  }

  get line(): TerminalLine<Look> {
    return this.lines[this.#row]!;
  }

  write(text: string, look: Look): void {
    for (const part of text.split(MOVES)) {
      if (part === "\n") this.#endLine();
      else if (climbs(part)) this.#move(part, look);
      else this.line.write(part, look);
    }
  }

  #endLine(): void {
    if (this.up === 0) this.lines.push(new TerminalLine());
    this.#row++;
    this.line.column = 0;
    if (this.lines.length <= REACH) return;
    this.#leave(this.lines.shift()!.cells);
    this.#row--;
  }

  #move(sequence: string, look: Look): void {
    const { column } = this.line;
    const by = Math.max(1, Number(/\d+/.exec(sequence)?.[0] ?? 1));
    switch (sequence.at(-1)) {
      case "J":
        this.line.write("\x1b[K", look);
        this.lines.length = this.#row + 1;
        return;
      case "A":
      case "F":
        this.#row = Math.max(0, this.#row - by);
        break;
      default:
        this.#row = Math.min(this.lines.length - 1, this.#row + by);
    }
    this.line.column = /[EF]$/.test(sequence) ? 0 : Math.min(column, MOST_COLUMNS);
  }
}
