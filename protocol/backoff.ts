/** Delays between tries: exponential, with a ceiling. */
export interface Backoff {
  /** Milliseconds after the first failure. */
  readonly firstMs: number;
  /** Most milliseconds. */
  readonly maxMs: number;
}

/**
 * Milliseconds to wait after `failures` failures in a row (1 or more): the delay doubles each time. With `random`
 * in [0, 1) half of it is jitter, so that clients of a restarted server do not return at one moment; without it
 * the delay is exact.
 */
export function backoffMs(failures: number, { firstMs, maxMs }: Backoff, random = 1): number {
  return Math.min(maxMs, firstMs * 2 ** (failures - 1)) * (0.5 + random / 2);
}

export interface RetryOptions extends Backoff {
  /**
   * Milliseconds to wait after `error`, given the back-off's own; undefined: the call is not repeated and `error` is
   * thrown. This is where a caller honours `Retry-After`, a deadline or a number of tries.
   */
  readonly delayMs: (error: unknown, backoffMs: number, failures: number) => number | undefined;
  /** Ends the wait; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** In [0, 1); default: `Math.random`. */
  readonly random?: () => number;
  /** Default: a timer. Rejects with the signal's reason. */
  readonly sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<unknown>;
}

/** Repeats `call` with back-off until it resolves or `delayMs` gives it up. */
export async function retryWithBackoff<Value>(
  call: () => Promise<Value>,
  options: RetryOptions,
): Promise<Value> {
  const { delayMs, signal, random = Math.random, sleep = timer } = options;
  for (let failures = 1; ; failures++) {
    signal?.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      const wait = delayMs(error, backoffMs(failures, options, random()), failures);
      if (wait === undefined) throw error;
      await sleep(wait, signal);
    }
  }
}

function timer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const onAbort = () => {
      clearTimeout(handle);
      reject(signal?.reason as Error);
    };
    const handle = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
