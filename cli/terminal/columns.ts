import { plainLine } from "../../protocol/terminal-text.ts";

/** A cell's text, which becomes one plain line; `styled` is the same text with our own colours. */
export type ColumnCell = string | { text: string; styled: string };

/** Lines of aligned columns. Colours take no width. */
export function columns(rows: readonly ColumnCell[][]): string[] {
  const shown = rows.map((row) =>
    row.map((cell) => {
      if (typeof cell !== "string") return { ...cell, width: cell.text.length };
      const text = plainLine(cell);
      return { text, styled: text, width: text.length };
    }),
  );
  const widths: number[] = [];
  for (const row of shown) {
    for (const [index, { width }] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, width);
    }
  }
  return shown.map((row) =>
    row
      .map(({ styled, width }, index) => styled + " ".repeat(widths[index]! - width))
      .join("  ")
      .trimEnd(),
  );
}
