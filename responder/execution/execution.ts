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

/** One attempt's work: a block or a command. */
export interface Execution {
  readonly limits: Pick<EffectiveLimits, "output_kb" | "wall_s" | "cpu_s" | "memory_mb">;
  /** Prepares everything that has no visible effect, while the start is being acknowledged. */
  prepare(signal: AbortSignal): Promise<void>;
  /**
   * Executes until the end or until `signal` aborts; no process is left when it resolves. Throws where the machine
   * failed, not the work.
   */
  run(output: AttemptOutput, signal: AbortSignal): Promise<Executed>;
  /** The artifacts, after `run`. */
  collect(signal: AbortSignal): Promise<Collected | undefined>;
  /** Kills all processes and releases every resource. */
  discard(): Promise<void>;
}
