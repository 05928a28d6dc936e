interface BucketsOptions {
  /** Tokens that one key gets in each window, and the bucket's capacity; 0: no limit. */
  tokens: number;
  /** Milliseconds; absent: a minute. */
  windowMs?: number;
  /** A clock that never jumps, in milliseconds. */
  steady: () => number;
  /** Maximum number of keys. */
  most?: number;
}

const MINUTE_MS = 60_000;
const MAX_KEYS = 20_000;

/**
 * A token bucket for each key, stored as the time at which it is full again. It is kept in memory, since losing it
 * in a restart does no harm. Beyond `most` keys, the least recently used are dropped.
 */
export function createBuckets(options: BucketsOptions) {
  const { tokens, windowMs = MINUTE_MS, steady, most = MAX_KEYS } = options;
  const fullAt = new Map<string, number>();
  const each = windowMs / tokens;

  /** When the key's bucket is full again after one more token. */
  const afterOne = (key: string) => Math.max(fullAt.get(key) ?? 0, steady()) + each;

  return {
    /** Seconds until the key has a token; 0: now. Takes none. */
    wait(key: string): number {
      if (tokens === 0) return 0;
      const over = Math.round(afterOne(key) - steady() - windowMs);
      return Math.max(0, Math.ceil(over / 1000));
    },

    /** Takes a token and returns 0, or returns the seconds until there is one. */
    take(key: string): number {
      const wait = this.wait(key);
      if (tokens === 0 || wait > 0) return wait;
      const next = afterOne(key);
      // Reinserted at the end of the map, so that the least recently used key stays first.
      fullAt.delete(key);
      fullAt.set(key, next);
      if (fullAt.size > most) fullAt.delete(fullAt.keys().next().value!);
      return 0;
    },

    get size(): number {
      return fullAt.size;
    },
  };
}
