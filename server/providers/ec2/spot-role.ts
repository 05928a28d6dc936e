import type { Logger } from "pino";

/** Interval of new attempts, since an operator may have created the role. */
const AGAIN_MS = 60 * 60 * 1000;

/**
 * Remembers that the account has no service-linked role for spot. Otherwise each wake would try every spot offer before
 * the first on-demand one.
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
