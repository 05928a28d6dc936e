import { backoffMs } from "../../../../../protocol/backoff.ts";

export type Sleep = (ms: number) => Promise<void>;

/** Poll intervals, in milliseconds, for states that take seconds or minutes to change. */
export function* pauses(): Generator<number, never> {
  for (let look = 1; ; look++) yield backoffMs(look, { firstMs: 100, maxMs: 4000 });
}
