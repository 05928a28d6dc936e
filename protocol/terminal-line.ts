/** A character on a line, with its look. */
export interface Cell<Look> {
  character: string;
  look: Look;
}

/** What changes a line: carriage return, backspace, erasing, and moving to its start. */
const ACTS = /(\r|\x08|\x1b\[[0-2]?K|\x1b\[[01]?G)/;

/** Whether a terminal would overwrite earlier output. */
export function writesOver(text: string): boolean {
  return ACTS.test(text);
}

/**
 * One line of a terminal: progress displays overwrite it. The rule is the same wherever output is shown:
 * new characters replace those at their position, and the rest of the line stays.
 */
export class TerminalLine<Look> {
  readonly cells: Cell<Look>[];
  /** Column of the next character. */
  column: number;

  constructor(cells: Cell<Look>[] = [], column = cells.length) {
    this.cells = cells;
    this.column = column;
  }

  /** Writes `text`, which has no line end. */
  write(text: string, look: Look): void {
    for (const part of text.split(ACTS)) {
      if (part === "\r" || (part.endsWith("G") && part.startsWith("\x1b"))) this.column = 0;
      else if (part === "\b") this.column = Math.max(0, this.column - 1);
      else if (part.startsWith("\x1b")) this.#erase(part, look);
      else for (const character of part) this.#put(character, look);
    }
  }

  #put(character: string, look: Look): void {
    while (this.cells.length < this.column) this.cells.push({ character: " ", look });
    this.cells[this.column++] = { character, look };
  }

  /** `K` and `0K` erase from here, `1K` up to here, `2K` all; the column stays. */
  #erase(sequence: string, look: Look): void {
    if (sequence.includes("2")) this.cells.length = 0;
    else if (sequence.includes("1")) {
      const end = Math.min(this.column + 1, this.cells.length);
      for (let at = 0; at < end; at++) this.cells[at] = { character: " ", look };
    } else if (this.column < this.cells.length) this.cells.length = this.column;
  }
}
