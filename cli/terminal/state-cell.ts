import { styleText } from "node:util";
import type { RunState } from "../../protocol/run.ts";
import { plainLine } from "../../protocol/terminal-text.ts";
import type { ColumnCell } from "./columns.ts";
import { isTerminal } from "./print.ts";

const MARKS = {
  queued: ["○", "dim"],
  waking: ["◔", "cyan"],
  running: ["▶", "cyan"],
  retrying: ["↻", "yellow"],
  succeeded: ["✓", "green"],
  failed: ["✗", "red"],
  timed_out: ["◷", "red"],
  killed: ["■", "red"],
  canceled: ["–", "dim"],
  errored: ["!", "red"],
} as const satisfies Record<RunState, readonly [mark: string, style: string]>;

/**
 * A run's state for a list: only the word in a file or pipe, with mark and colour on a terminal. Text that follows
 * has no colour.
 */
export function stateCell(state: RunState, ...following: string[]): ColumnCell {
  const word = state.replace("_", " ");
  const more = following.map((text) => ` ${plainLine(text)}`).join("");
  if (!isTerminal("stdout")) return word + more;
  const [mark, style] = MARKS[state];
  const text = `${mark} ${word}`;
  return { text: text + more, styled: styleText(style, text) + more };
}
