/** The range of Date: this many milliseconds before and after 1970. */
const MOST_MS = 8.64e15;

/** Converts a time claim to milliseconds, clamped to the range of Date: a claim may be any number. */
export const claimedTime = (seconds: number): number =>
  Math.max(-MOST_MS, Math.min(MOST_MS, seconds * 1000));
