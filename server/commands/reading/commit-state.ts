import type { RunState } from "../../../protocol/run.ts";

/**
 * The state of a commit by its runs, newest first: that of the last pushed, scheduled or replayed run. A
 * run that a person started there counts only where there is no other.
 */
export function commitState(
  runs: readonly { state: RunState; trigger: string | null }[],
): RunState | null {
  const own = runs.find(({ trigger }) => trigger !== "exec" && trigger !== "request");
  return (own ?? runs[0])?.state ?? null;
}
