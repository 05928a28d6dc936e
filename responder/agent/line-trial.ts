import type { Claimed } from "../client/responder-calls.ts";

/** An answer that stays open for so long after its first line was passed on as it came. */
const OPEN_MS = 1_000;
/** A line with runs that was on its way for so long has cost much of their leases. */
const LATE_MS = 5_000;

/**
 * Finds out whether claims may be answered in lines: a proxy in between may hold an answer back until its end. An
 * answer that is over at once says nothing, since such a proxy passes it on as well.
 */
export function createLineTrial() {
  // The second claim tries lines: a proxy that holds answers back must not delay the run that woke this machine.
  let lined: "not yet" | "on trial" | "yes" | "no" = "not yet";
  let firstAt: number | undefined;
  return {
    isTrial: () => lined === "on trial",
    mayLine: () => lined === "on trial" || lined === "yes",

    begin(): void {
      firstAt = undefined;
    },

    /** A line of an answer that may have several came. */
    came({ runs, leasedAt }: Claimed): void {
      const now = performance.now();
      firstAt ??= now;
      if (runs.length > 0 && now - leasedAt > LATE_MS) lined = "no";
    },

    /** The server has ended its answer. */
    ended(): void {
      if (lined === "not yet") lined = "on trial";
      else if (lined === "on trial" && firstAt !== undefined) {
        if (performance.now() - firstAt > OPEN_MS) lined = "yes";
      }
    },

    heldBack(): void {
      lined = "no";
    },
  };
}
