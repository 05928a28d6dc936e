import { backoffMs } from "../../../../../protocol/backoff.ts";

export type Sleep = (ms: number) => Promise<void>;

/** Milliseconds between looks at a state that takes seconds or minutes to change. */
export function* pauses(): Generator<number, never> {
  for (let look = 1; ; look++) yield backoffMs(look, { firstMs: 100, mostMs: 4000 });
}
