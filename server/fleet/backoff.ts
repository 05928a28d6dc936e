import { backoffMs } from "../../protocol/backoff.ts";
import type { ReasonCode } from "../../protocol/reasons.ts";
import type { CoolDown } from "../providers/policy.ts";

/** The failed wakes of a pool since its last successful one. */
export interface WakeFailures {
  count: number;
  /** Failures that a retry will hardly fix. */
  lasting: number;
  /** When the last wake was given up. */
  lastAt: number;
  /** Reason of the last lasting failure. */
  reason: ReasonCode;
  /** Details of that reason for readers, as sentences. */
  said?: string | undefined;
}

export const NO_FAILURES: WakeFailures = {
  count: 0,
  lasting: 0,
  lastAt: 0,
  reason: "launch_failed",
};

/**
 * Whether a machine may be woken after failures. `refused`: waiting runs end with the reason, and from `again` on one
 * machine is tried.
 */
export type WakePermission =
  | { type: "open" }
  | { type: "delayed" }
  | { type: "refused"; reason: ReasonCode; said?: string | undefined; again: number };

/** Between launches after passing failures. */
const LAUNCH_BACKOFF = { firstMs: 500, maxMs: 10_000 };

/** Capacity may return in a moment, and a machine that was killed did not fail by itself: each run has its attempts. */
export function isPassing(reason: string | null): boolean {
  return reason === "no_capacity" || reason === "launch_failed" || reason === "machine_gone";
}

/** Lasting failures before waiting runs end: one where only an operator can fix the cause. */
function toleratedFailures(reason: ReasonCode): number {
  const refusals: ReasonCode[] = ["launch_refused", "quota_reached", "sandbox_missing"];
  return refusals.includes(reason) ? 1 : 2;
}

/**
 * A machine that does not come up is retried once; after that waiting runs end with the reason, and one
 * machine is tried per cool-down. A clock that was set back delays nothing.
 */
export function permitWake(
  failures: WakeFailures,
  coolDown: CoolDown,
  now: number,
): WakePermission {
  const { count, lasting, lastAt, reason, said } = failures;
  if (count === 0 || lastAt > now) return { type: "open" };
  const beyond = lasting - toleratedFailures(reason);
  if (lasting > 0 && beyond >= 0) {
    const again = lastAt + backoffMs(beyond + 1, coolDown);
    return now < again ? { type: "refused", reason, said, again } : { type: "open" };
  }
  return now - lastAt >= backoffMs(count, LAUNCH_BACKOFF) ? { type: "open" } : { type: "delayed" };
}
