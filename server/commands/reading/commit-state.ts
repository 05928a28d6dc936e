import type { RunState } from "../../../protocol/run.ts";

/**
 * How a commit fares, by its runs, newest first: as the last run that it was pushed, scheduled or replayed for
 * says. What somebody asked to be run there tells of that alone, and counts only where there is nothing else.
 */
export function commitState(
  runs: readonly { state: RunState; trigger: string | null }[],
): RunState | null {
  const own = runs.find(({ trigger }) => trigger !== "exec" && trigger !== "request");
  return (own ?? runs[0])?.state ?? null;
}
