import { retryWithBackoff, type RetryOptions } from "../../protocol/backoff.ts";
import { NoAnswer, ServerRefusal } from "./server-client.ts";

const BACKOFF = { firstMs: 100, maxMs: 5_000 };

/** Whether a repeated call may succeed: the server is down, busy or being replaced. */
export function isTransient(error: unknown): boolean {
  if (error instanceof NoAnswer) return true;
  return error instanceof ServerRefusal && (error.status >= 500 || error.status === 429);
}

/** Repeats `call` until it is answered or refused for good, within `limitMs`. `Retry-After` is honoured. */
export async function untilAnswered<Answer>(
  call: () => Promise<Answer>,
  signal: AbortSignal,
  { limitMs = Infinity, ...rest }: { limitMs?: number } & Pick<RetryOptions, "random"> = {},
): Promise<Answer> {
  const end = performance.now() + limitMs;
  return retryWithBackoff(call, {
    ...BACKOFF,
    ...rest,
    signal,
    delayMs(error, backoffMs) {
      if (!isTransient(error)) return undefined;
      const asked = error instanceof ServerRefusal ? (error.retryAfterS ?? 0) * 1000 : 0;
      const delay = Math.max(asked, backoffMs);
      return performance.now() + delay > end ? undefined : delay;
    },
  });
}
