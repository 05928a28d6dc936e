/** A replacement in a text, and the selection after it. */
export interface Edit {
  /** The replaced range. */
  from: number;
  to: number;
  insert: string;
  selection: readonly [start: number, end: number];
}

/** A text and what is selected in it; an empty selection is the caret. */
export interface Selected {
  text: string;
  start: number;
  end: number;
}

/** One level of indentation as `text` uses it: a tab, else its smallest number of leading blanks, else two. */
export function indentUnit(text: string): string {
  if (/^\t/m.test(text)) return "\t";
  const widths = Array.from(text.matchAll(/^( +)\S/gm), ([, blanks]) => blanks!.length);
  const deep = widths.filter((width) => width > 1);
  return " ".repeat(deep.length > 0 ? Math.min(...deep, 8) : 2);
}

/** Tab: fills up to the next level at the caret, or indents every selected line. */
export function indent({ text, start, end }: Selected, unit: string): Edit {
  if (!text.slice(start, end).includes("\n")) {
    const column = start - lineStart(text, start);
    const insert = unit === "\t" ? unit : " ".repeat(unit.length - (column % unit.length));
    return {
      from: start,
      to: end,
      insert,
      selection: [start + insert.length, start + insert.length],
    };
  }
  return changeLines({ text, start, end }, (line) => (line === "" ? line : unit + line));
}

/** Shift+Tab: takes one level of indentation from the caret's line, or from every selected line. */
export function outdent(selected: Selected, unit: string): Edit | undefined {
  const edit = changeLines(selected, (line) => {
    if (line.startsWith("\t")) return line.slice(1);
    const blanks = /^ */.exec(line)![0].length;
    return line.slice(Math.min(blanks, unit === "\t" ? 4 : unit.length));
  });
  return edit.insert === selected.text.slice(edit.from, edit.to) ? undefined : edit;
}

/** Enter: the new line begins with the indentation of the caret's line. */
export function newLine({ text, start, end }: Selected): Edit {
  const before = text.slice(lineStart(text, start), start);
  const insert = `\n${/^[ \t]*/.exec(before)![0]}`;
  const caret = start + insert.length;
  return { from: start, to: end, insert, selection: [caret, caret] };
}

/** Changes every line that the selection touches, and keeps the selection on the same characters. */
function changeLines({ text, start, end }: Selected, change: (line: string) => string): Edit {
  const from = lineStart(text, start);
  // A selection that ends at the start of a line does not touch that line.
  const last = end > start && text[end - 1] === "\n" ? end - 1 : end;
  const next = text.indexOf("\n", last);
  const to = next < 0 ? text.length : next;
  const lines = text.slice(from, to).split("\n");
  const changed = lines.map((line) => change(line));
  const insert = changed.join("\n");
  const first = changed[0]!.length - lines[0]!.length;
  const grown = insert.length - (to - from);
  const newStart = start === from && first > 0 ? start : Math.max(from, start + first);
  return { from, to, insert, selection: [newStart, Math.max(newStart, end + grown)] };
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf("\n", at - 1) + 1;
}
