import type { SavedCache } from "../../protocol/command.ts";
import type { EffectiveLimits } from "../../protocol/limits.ts";
import type { Collected } from "../artifacts/collect.ts";
import type { AttemptOutput } from "./attempt-output.ts";
import type { RefusalReason } from "../project-file/refusal.ts";
import type { SandboxResult } from "../sandbox/result.ts";

/** How an execution ended: as its sandbox did, or `refused`, for a cause of the project's own. */
export interface Executed extends Omit<SandboxResult, "cause"> {
  readonly cause: SandboxResult["cause"] | "refused";
  readonly reason?: RefusalReason;
  /** Cache folders that were stored. */
  readonly caches?: readonly SavedCache[];
}

/** One attempt's work, of whatever kind. */
export interface Execution {
  readonly limits: Pick<EffectiveLimits, "output_kb" | "wall_s" | "cpu_s" | "memory_mb">;
  /** Readies what has no effect of the work's own, while its start is being acknowledged. */
  prepare(): Promise<void>;
  /**
   * Does the work, or as much of it as `signal` allows; when it resolves none of its processes is left.
   * Throws where the machine failed, not the work.
   */
  run(output: AttemptOutput, signal: AbortSignal): Promise<Executed>;
  /** What it left behind, after `run`. */
  collect(signal: AbortSignal): Promise<Collected | undefined>;
  /** Ends what there still is and gives everything back. */
  discard(): Promise<void>;
}
