import type { Assignment, FinishRequest } from "../../protocol/responder.ts";
import type { Outcome } from "../../protocol/outcome.ts";
import type { Executed, Execution } from "../execution/execution.ts";

export const DETAIL_CHARACTERS = 2000;
const NOTHING_CUT = { stdout: 0, stderr: 0, artifacts: 0 };

/** The outcome of an execution that ended. */
export function toOutcome(
  ending: Executed,
  truncated: Outcome["truncated"],
  limits: Execution["limits"],
): Outcome {
  if (ending.cause === "stopped") throw new Error("a stopped attempt has no outcome");
  return {
    cause: ending.cause,
    reason: ending.reason,
    exit_code: ending.exitCode,
    signal: ending.signal,
    ran_s: ending.ranS,
    cpu_s: ending.cpuS,
    memory_peak_mb: ending.memoryPeakMb,
    truncated,
    detail: describeLimit(ending.cause, limits) ?? ending.detail?.slice(0, DETAIL_CHARACTERS),
  };
}

/** The limit that ended the program, with its figure, so that its author knows what to raise. */
function describeLimit(cause: Executed["cause"], limits: Execution["limits"]): string | undefined {
  if (cause === "wall_time") return `The limit is ${limits.wall_s} s.`;
  if (cause === "cpu_time") return `The limit is ${limits.cpu_s} s.`;
  return cause === "memory" ? `The limit is ${limits.memory_mb} MiB.` : undefined;
}

/** The report of an attempt whose program has no outcome. */
export function unfinished(
  { attempt }: Assignment,
  cause: "handed_back" | "taken_back" | "sandbox_failed" | "file_unavailable",
  detail?: string,
): FinishRequest {
  const outcome: Outcome = {
    cause,
    exit_code: null,
    signal: null,
    truncated: NOTHING_CUT,
    detail: detail?.slice(0, DETAIL_CHARACTERS),
  };
  return { attempt, outcome, artifacts: [], caches: [] };
}
