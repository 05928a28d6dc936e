import { randomFrom } from "../../random-from.ts";

/** Random choices that a seed repeats. */
export interface Dice {
  /** A whole number below `limit`. */
  below(limit: number): number;
  /** True in `share` of all cases. */
  chance(share: number): boolean;
  pick<Value>(values: readonly Value[]): Value;
}

export function dice(seed: number): Dice {
  const next = randomFrom(seed);
  return {
    below: (limit) => Math.floor(next() * limit),
    chance: (share) => next() < share,
    pick: (values) => values[Math.floor(next() * values.length)]!,
  };
}
