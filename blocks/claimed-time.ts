/** Most milliseconds from 1970 that a Date holds. */
const MOST_MS = 8.64e15;

/** A claimed time in milliseconds. A claim may be any number: one that no Date holds is its first or last moment. */
export const claimedTime = (seconds: number): number =>
  Math.max(-MOST_MS, Math.min(MOST_MS, seconds * 1000));
