import { setTimeout as sleep } from "node:timers/promises";

export interface Pace {
  /** Milliseconds to the first repeat; twice as many to each that follows. */
  firstMs: number;
  /** At the most. */
  mostMs: number;
  /** After so long the last failure is what comes of it. */
  limitMs: number;
  /** Absent: the real one. */
  clock?: PaceClock;
}

export interface PaceClock {
  now(): number;
  sleep(ms: number): Promise<unknown>;
  /** From 0 up to 1: where between half a pause and a whole one a repeat lies. */
  random(): number;
}

export const realClock: PaceClock = {
  now: () => performance.now(),
  sleep: (ms) => sleep(ms),
  random: Math.random,
};

/**
 * Asks again while `mayPass` says of the failure that it may. The SDK is told to ask once, since its own
 * repeats count attempts, not time, and would repeat a lack of capacity, which comes with status 500.
 */
export async function patiently<Value>(
  ask: () => Promise<Value>,
  mayPass: (error: unknown) => boolean,
  { firstMs, mostMs, limitMs, clock = realClock }: Pace,
): Promise<Value> {
  const end = clock.now() + limitMs;
  for (let pauseMs = firstMs; ; pauseMs = Math.min(2 * pauseMs, mostMs)) {
    try {
      return await ask();
    } catch (error) {
      // Servers that were throttled together would else come back together.
      const waitMs = pauseMs * (0.5 + clock.random() / 2);
      if (!mayPass(error) || clock.now() + waitMs > end) throw error;
      await clock.sleep(waitMs);
    }
  }
}
