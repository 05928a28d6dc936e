import { setTimeout as sleep } from "node:timers/promises";
import { NoAnswer, ServerRefusal } from "./server-client.ts";

const FIRST_MS = 100;
const MOST_MS = 5_000;

/** Whether the same call may yet be answered otherwise: the server is down, busy or being replaced. */
export function isPassing(error: unknown): boolean {
  if (error instanceof NoAnswer) return true;
  return error instanceof ServerRefusal && (error.status >= 500 || error.status === 429);
}

/**
 * Pause before try number `failures` + 1: it doubles, and is spread so that many machines do not
 * come back to a restarted server at one moment.
 */
export function backoffMs(failures: number, random: () => number): number {
  const most = Math.min(MOST_MS, FIRST_MS * 2 ** (failures - 1));
  return most * (0.5 + random() / 2);
}

/** The same after `error`, which may have asked for a longer one. */
export function pauseMs(error: unknown, failures: number, random: () => number): number {
  const asked = error instanceof ServerRefusal ? (error.retryAfterS ?? 0) * 1000 : 0;
  return Math.max(asked, backoffMs(failures, random));
}

/** Repeats `call` until it is answered, refused for good, or `signal` aborts. */
export async function untilAnswered<Answer>(
  call: () => Promise<Answer>,
  signal: AbortSignal,
  random: () => number = Math.random,
): Promise<Answer> {
  for (let failures = 1; ; failures++) {
    signal.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      if (!isPassing(error)) throw error;
      await sleep(pauseMs(error, failures, random), undefined, { signal });
    }
  }
}
