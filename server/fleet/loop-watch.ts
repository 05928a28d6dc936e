/** Often enough that a pause is seen whole, rarely enough to cost nothing. */
const LOOK_MS = 1000;

export interface LoopWatch {
  /** The longest time, in milliseconds, for which nothing was done since it was last asked. */
  away(): number;
  end(): void;
}

/**
 * Sees when this process did nothing for a while: something kept its one thread busy, or it was paused. What came in
 * meanwhile is only read afterwards, so that whatever is overdue by then may have been in time.
 */
export function createLoopWatch(steady: () => number): LoopWatch {
  let seen = steady();
  let longest = 0;
  const look = () => {
    longest = Math.max(longest, steady() - seen);
    seen = steady();
  };
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  return {
    away() {
      look();
      const ms = longest;
      longest = 0;
      return ms;
    },
    end: () => clearInterval(timer),
  };
}
