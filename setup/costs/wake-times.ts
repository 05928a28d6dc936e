/** Seconds from an order to EC2 until the machine's first claim, from the least to the most. */
export interface WakeTime {
  leastS: number;
  maxS: number;
}

/**
 * EC2's boot times that all figures in docs/ assume: others' public measurements of such machines, combined with the
 * steps of this project's set-up. A server shows its own wakes at /operator.
 */
export const WAKE_TIMES = {
  /** A stopped machine is started again. */
  start: { leastS: 18, maxS: 25 },
  /** A machine is launched from an image made by `deferred image bake`. */
  baked: { leastS: 35, maxS: 45 },
  /** A machine is launched from a distribution's image, and set up. */
  blank: { leastS: 75, maxS: 130 },
} satisfies Record<string, WakeTime>;
