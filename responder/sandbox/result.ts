import { DeferredError } from "../../protocol/deferred-error.ts";
import type { StreamName } from "../../protocol/events.ts";

/** How a program ended. */
export interface SandboxResult {
  /** `stopped`: by the caller's signal. The others are those of `OutcomeSchema`. */
  readonly cause: "exited" | "wall_time" | "cpu_time" | "memory" | "stopped" | "sandbox_failed";
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Seconds the program ran; undefined where it did not begin. */
  readonly ranS: number | undefined;
  /** Seconds of processor time of all its processes; undefined where the host does not count them. */
  readonly cpuS?: number | undefined;
  /** Most MiB of memory in use at once, its interpreter's included; undefined where the host does not count them. */
  readonly memoryPeakMb?: number | undefined;
  /** For operators, where the sandbox failed. */
  readonly detail?: string;
}

export type OnOutput = (stream: StreamName, bytes: Buffer) => void;

/** A sandbox did not start, or is no longer there. */
export class SandboxError extends DeferredError {
  override readonly name = "SandboxError";

  constructor(message: string, options?: ErrorOptions) {
    super("sandbox_failed", message, options);
  }
}
