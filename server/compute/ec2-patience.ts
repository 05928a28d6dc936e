import { setTimeout as sleep } from "node:timers/promises";

export interface Pace {
  /** Milliseconds to the first repeat; twice as many to each that follows. */
  firstMs: number;
  /** At the most. */
  mostMs: number;
  /** After so long the last failure is what comes of it. */
  limitMs: number;
}

/**
 * Asks again while `mayPass` says of the failure that it may. The SDK is told to ask once, since its own
 * repeats count attempts, not time, and would repeat a lack of capacity, which comes with status 500.
 */
export async function patiently<Value>(
  ask: () => Promise<Value>,
  mayPass: (error: unknown) => boolean,
  pace: Pace,
): Promise<Value> {
  const end = performance.now() + pace.limitMs;
  for (let pauseMs = pace.firstMs; ; pauseMs = Math.min(2 * pauseMs, pace.mostMs)) {
    try {
      return await ask();
    } catch (error) {
      // Servers that were throttled together would else come back together.
      const waitMs = pauseMs * (0.5 + Math.random() / 2);
      if (!mayPass(error) || performance.now() + waitMs > end) throw error;
      await sleep(waitMs);
    }
  }
}
