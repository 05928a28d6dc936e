import { ApiError } from "../../protocol/deferred-error.ts";

/**
 * Bounds reads that run at once, since each holds a whole answer of GitHub in memory. Others wait in order; past
 * `waiting`, throws `gist_unavailable`.
 */
export function createTurns({ atOnce, waiting }: { atOnce: number; waiting: number }) {
  let running = 0;
  const queue: (() => void)[] = [];
  return async function inTurn<Result>(read: () => Promise<Result>): Promise<Result> {
    if (running < atOnce) running++;
    else if (queue.length < waiting) await new Promise<void>((start) => queue.push(start));
    else {
      throw new ApiError("gist_unavailable", "The server reads too many gists at once.", {
        retryAfterS: 10,
      });
    }
    try {
      return await read();
    } finally {
      // Passes its place on: `running` stays the same.
      const next = queue.shift();
      if (next) next();
      else running--;
    }
  };
}
