import type { Churn } from "./churn.ts";
import { count, fileRow, functionRow, METHOD, NO_CTAGS, summary } from "./words.ts";

const ROWS = 25;

/** The report for a terminal. */
export function asText(churn: Churn): string {
  const { functions } = churn;
  const files = table(
    ["commits", "added", "removed", "lines", "last changed", "file"],
    churn.files.slice(0, ROWS).map(fileRow),
  );
  const parts = [
    summary(churn),
    "",
    `Files that changed most, of ${count(churn.files.length)}`,
    files,
  ];
  if (functions === undefined) parts.push("", NO_CTAGS);
  else if (functions.length > 0) {
    const rows = functions.slice(0, ROWS).map((one) => {
      const cells = functionRow(one);
      return [...cells.slice(0, 3), cells.slice(3).join("  ")];
    });
    parts.push("", `Functions that changed most, of ${count(functions.length)}`);
    parts.push(table(["commits", "lines", "last changed", "function"], rows));
  }
  return `${parts.join("\n")}\n\n${METHOD.join("\n")}\n`;
}

/** Figures to the right; the last column as long as it is. */
function table(head: string[], rows: string[][]): string {
  const all = [head, ...rows.map((row) => row.map(printable))];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => (column === head.length - 1 ? cell : cell.padStart(widths[column]!)))
        .join("  "),
    )
    .join("\n");
}

/** File names may hold terminal control characters. */
function printable(text: string): string {
  return text.replaceAll(/[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, "?");
}
