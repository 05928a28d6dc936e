interface BucketsOptions {
  /** How much one key may have a minute, and at once where it had nothing for a minute; 0: as much as it likes. */
  perMinute: number;
  /** A clock that never jumps, in milliseconds. */
  steady: () => number;
  /** Keys that are known at one time. */
  most?: number;
}

const MINUTE_MS = 60_000;
const MOST_KEYS = 20_000;

/**
 * A bucket of tokens for each key, kept as the one moment at which it is full again. In memory: what a server
 * forgets when it is started anew costs nobody anything. Where there are more keys than are kept, those that
 * were seen longest ago are forgotten.
 */
export function createBuckets({ perMinute, steady, most = MOST_KEYS }: BucketsOptions) {
  const fullAt = new Map<string, number>();
  const each = MINUTE_MS / perMinute;

  /** When the key's bucket is full again, once it has taken one more. */
  const afterOne = (key: string) => Math.max(fullAt.get(key) ?? 0, steady()) + each;

  return {
    /** Seconds until the key may have another one; 0: now. Takes nothing. */
    wait(key: string): number {
      if (perMinute === 0) return 0;
      const over = Math.round(afterOne(key) - steady() - MINUTE_MS);
      return Math.max(0, Math.ceil(over / 1000));
    },

    /** Takes one, if there is one: 0, else the seconds until there is. */
    take(key: string): number {
      const wait = this.wait(key);
      if (perMinute === 0 || wait > 0) return wait;
      const next = afterOne(key);
      // Set anew, it is the last to be forgotten.
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
