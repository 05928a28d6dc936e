/** Lines of a function in one state of its file, both ends included. */
export interface Range {
  start: number;
  end: number;
}

/** Whether hunks of a diff changed lines of `range`, which counts in the state after them. */
export function isTouched(range: Range, hunks: readonly number[]): boolean {
  for (let index = 0; index < hunks.length; index += 4) {
    const start = hunks[index + 2]!;
    const count = hunks[index + 3]!;
    // Lines that were only removed stood after line `start`: within the function where that is not its last.
    const touches =
      count === 0
        ? range.start <= start && start < range.end
        : start <= range.end && range.start < start + count;
    if (touches) return true;
  }
  return false;
}

/** The same lines before the hunks; undefined where the hunks added all of them. */
export function rangeBefore(range: Range, hunks: readonly number[]): Range | undefined {
  const start = lineBefore(range.start, hunks, "start");
  const end = lineBefore(range.end, hunks, "end");
  return start <= end ? { start, end } : undefined;
}

/** A line's number before the hunks; for an added line the nearest old line on its function's side. */
function lineBefore(line: number, hunks: readonly number[], side: "start" | "end"): number {
  let shift = 0;
  for (let index = 0; index < hunks.length; index += 4) {
    const oldCount = hunks[index + 1]!;
    const count = hunks[index + 3]!;
    // For an empty range git gives the line before it.
    const oldStart = hunks[index]! + (oldCount === 0 ? 1 : 0);
    const start = hunks[index + 2]! + (count === 0 ? 1 : 0);
    if (line < start) break;
    if (line < start + count) return side === "start" ? oldStart : oldStart + oldCount - 1;
    shift = oldStart + oldCount - (start + count);
  }
  return line + shift;
}
