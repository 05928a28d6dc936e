import { setTimeout as sleep } from "node:timers/promises";
import { retryWithBackoff } from "../../../protocol/backoff.ts";
import type { RequestPace } from "../provider.ts";

/** How long and how often a request is retried. */
export interface Pace extends RequestPace {
  /** Absent: the real one. */
  clock?: PaceClock;
}

export interface PaceClock {
  now(): number;
  sleep(ms: number): Promise<unknown>;
  /** In [0, 1): jitter of a pause. */
  random(): number;
}

export const realClock: PaceClock = {
  now: () => performance.now(),
  sleep: (ms) => sleep(ms),
  random: Math.random,
};

/**
 * Retries while `mayPass` says that a failure may pass, for at most `limitMs`. The SDK makes one attempt: its own
 * retries count attempts, not time, and would repeat a lack of capacity, which comes with status 500.
 */
export function retryWhile<Value>(
  request: () => Promise<Value>,
  mayPass: (error: unknown) => boolean,
  { limitMs, clock = realClock, ...backoff }: Pace,
): Promise<Value> {
  const end = clock.now() + limitMs;
  return retryWithBackoff(request, {
    ...backoff,
    delayMs: (error, ms) => (mayPass(error) && clock.now() + ms <= end ? ms : undefined),
    random: () => clock.random(),
    sleep: (ms) => clock.sleep(ms),
  });
}
