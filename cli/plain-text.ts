import { terminalFilter } from "./run/terminal-text.ts";

/** One line of somebody else's text for a table or a note: no control sequences, no line ends. */
export function plainText(text: string, longest = Number.POSITIVE_INFINITY): string {
  const line = terminalFilter()(text.replace(/\s+/g, " "))
    .replace(/\x1b\[[0-9;:]*m/g, "")
    .trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}
