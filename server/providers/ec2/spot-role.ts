import type { Logger } from "pino";

/** How long spot is not asked for again: the operator may have made the role meanwhile. */
const AGAIN_MS = 60 * 60 * 1000;

/**
 * Remembers that spot machines can't be had for lack of an account's role, which no repeat, type or zone mends: each
 * wake would be refused by every one of them before it came to on-demand.
 */
export function createSpotRole({ log, now }: { log: Logger; now: () => number }) {
  let missingAt: number | undefined;
  let told = false;
  return {
    isMissing: () => missingAt !== undefined && Math.abs(now() - missingAt) < AGAIN_MS,
    noteMissing(): void {
      missingAt = now();
      if (told) return;
      told = true;
      log.warn(
        "spot machines can't be had: this account has no role for them yet, so on-demand ones are taken at their price; " +
          "make it once: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com",
      );
    },
  };
}
