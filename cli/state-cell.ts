import { styleText } from "node:util";
import type { RunState } from "../protocol/run.ts";

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

/** A run's state for a list: the word alone where a program reads it, with mark and colour on a terminal. */
export function stateCell(state: RunState, stream = process.stdout): string {
  const word = state.replace("_", " ");
  if (!stream.isTTY) return word;
  const [mark, style] = MARKS[state];
  return styleText(style, `${mark} ${word}`, { stream });
}
