import { ApiError } from "../../protocol/deferred-error.ts";
import type { FoundRuntime } from "../../protocol/runtimes.ts";
import type { RunRow } from "./record.ts";

/** A machine that calls, after its token was checked. */
export interface Claimant {
  launchId: string;
  /** Hash of its token: each registration has a new one, also within one boot. */
  tokenHash: string;
  pool: string;
  runtimes: FoundRuntime[];
  /** Memory of the whole host. */
  memoryMb: number;
}

/** Throws `attempt_over` or `attempt_not_held` unless the machine holds the attempt. */
export function checkHeld(row: RunRow, machine: Claimant, attempt: number): void {
  if (row.state !== "running" || row.attempt !== attempt) {
    throw new ApiError("attempt_over", `The run is ${row.state}, attempt ${row.attempt}.`);
  }
  if (row.machine !== machine.launchId) throw new ApiError("attempt_not_held");
}
