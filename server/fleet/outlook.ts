import type { ReasonCode } from "../../protocol/errors.ts";
import type { CoolDown } from "../providers/policy.ts";

/** The wakes of a pool that failed since the last that worked. */
export interface WakeFailures {
  count: number;
  /** Those of them that the same again will hardly mend. */
  lasting: number;
  /** When the last of all was given up. */
  lastAt: number;
  /** Why the last of the lasting ones was. */
  reason: ReasonCode;
  /** What is told beside that reason. */
  said?: string | undefined;
}

export const NO_FAILURES: WakeFailures = {
  count: 0,
  lasting: 0,
  lastAt: 0,
  reason: "launch_failed",
};

/**
 * What failures say about the next wake. `refused`: whoever waits is told the reason; from `again` on
 * one machine is tried.
 */
export type Outlook =
  | { type: "open" }
  | { type: "delayed" }
  | { type: "refused"; reason: ReasonCode; said?: string | undefined; again: number };

/**
 * What was not to be had may be had a moment later, and one that was killed on its way did not fail by itself:
 * each run asks as often as it has attempts.
 */
export function isPassing(reason: string | null): boolean {
  return reason === "no_capacity" || reason === "launch_failed" || reason === "machine_gone";
}

/** What an operator has to mend is not tried twice. */
function limitOf(reason: ReasonCode): number {
  const refusals: ReasonCode[] = ["launch_refused", "quota_reached", "sandbox_missing"];
  return refusals.includes(reason) ? 1 : 2;
}

/**
 * Whether a machine may be woken. One that does not come up is tried again once; after that everybody
 * hears the reason, and there is one try a cool-down. A clock that was set back delays nothing.
 */
export function outlookOf(failures: WakeFailures, coolDown: CoolDown, now: number): Outlook {
  const { count, lasting, lastAt, reason, said } = failures;
  if (count === 0 || lastAt > now) return { type: "open" };
  const beyond = lasting - limitOf(reason);
  if (lasting > 0 && beyond >= 0) {
    const again = lastAt + Math.min(coolDown.firstMs * 2 ** beyond, coolDown.mostMs);
    return now < again ? { type: "refused", reason, said, again } : { type: "open" };
  }
  return now - lastAt >= delayMs(count) ? { type: "open" } : { type: "delayed" };
}

/** Milliseconds to the next launch after so many failed: 0.5 s, then twice as long each time. */
function delayMs(failed: number): number {
  return Math.min(500 * 2 ** (failed - 1), 10_000);
}
