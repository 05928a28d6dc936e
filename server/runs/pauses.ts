interface Failing {
  tries: number;
  /** When the next try is due, on the steady clock. */
  until: number;
  /** The last error. */
  error: string;
}

/** Most names with failures at one time: the oldest failures are forgotten. */
const MOST = 1000;
/** Ids and numbers, which differ between otherwise equal errors. */
const CHANGING = /[0-9a-z]{16,}|\d+/gi;
const FIRST_MS = 1000;
const LONGEST_MS = 60_000;

/**
 * Backoff: the first failure is retried at once, the next after 1 s, and each pause is twice as long as the
 * one before.
 */
export function createPauses({ steady }: { steady: () => number }) {
  const failing = new Map<string, Failing>();
  return {
    /** Whether the next try is not due yet. */
    isOn: (name: string): boolean => steady() < (failing.get(name)?.until ?? 0),

    /** Begins a pause. True where this is news: it worked before, or failed in another way. */
    failed(name: string, cause: unknown): boolean {
      const error = String(cause).replace(CHANGING, "…");
      const before = failing.get(name);
      const isNews = before?.error !== error;
      // Tries that were under way at the same time count as one failure.
      const again = before !== undefined && steady() < before.until;
      const tries = again ? before.tries : (before?.tries ?? 0) + 1;
      const pause = tries === 1 ? 0 : Math.min(FIRST_MS * 2 ** (tries - 2), LONGEST_MS);
      const until = again ? before.until : steady() + pause;
      failing.delete(name);
      failing.set(name, { tries, until, error });
      if (failing.size > MOST) failing.delete(failing.keys().next().value!);
      return isNews;
    },

    /** Ends the backoff after a success. Returns how often it had failed before. */
    over(name: string): number {
      const tries = failing.get(name)?.tries ?? 0;
      failing.delete(name);
      return tries;
    },
  };
}
