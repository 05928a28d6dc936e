import { stripVTControlCharacters } from "node:util";

/** Lines of aligned columns. Colours take no width. */
export function columns(rows: string[][]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, width(cell));
    }
  }
  return rows.map((row) =>
    row
      .map((cell, index) => cell + " ".repeat(widths[index]! - width(cell)))
      .join("  ")
      .trimEnd(),
  );
}

/** The same as one text. */
export function table(rows: string[][]): string {
  return columns(rows)
    .map((line) => `${line}\n`)
    .join("");
}

function width(cell: string): number {
  return stripVTControlCharacters(cell).length;
}
