/** A smaller difference comes from clock correction or a slow machine. */
const JUMP_MS = 5000;
/** Interval of the loop watch: long enough to cost nothing. */
const LOOK_MS = 1000;

/**
 * Returns by how many milliseconds the wall clock jumped since the last call, 0 for none: it was set, or
 * the machine slept. `steady` is a monotonic clock.
 */
export function createClockWatch(wall: () => number, steady: () => number): () => number {
  let last = wall() - steady();
  return () => {
    const before = last;
    last = wall() - steady();
    return Math.abs(last - before) > JUMP_MS ? last - before : 0;
  };
}

export interface LoopWatch {
  /** The longest time, in milliseconds, for which the event loop stood still since the last call. */
  away(): number;
  end(): void;
}

/**
 * Measures pauses of this process: a long task, or a stopped process. Requests that came in meanwhile are read only
 * afterwards, so a deadline that has passed by then may have been met.
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
