/** What became of one try to send a notice; `answer` is a sentence for whoever reads the list. */
export type SendOutcome =
  | { kind: "sent"; answer: string }
  /** Worth another try, not before `afterMs` where the other side said so. */
  | { kind: "again"; answer: string; afterMs?: number | undefined }
  /** Another try would be answered the same. */
  | {
      kind: "never";
      answer: string;
      /** The token itself was refused (401), not what it asked for. */
      tokenRefused?: true;
    };

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Between one try and the next; the last one repeats. */
export const DELAYS_MS: readonly number[] = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  HOUR,
  6 * HOUR,
];
/** Nobody wants to hear of a run that ended the day before yesterday. */
const GIVEN_UP_MS = 48 * HOUR;
/** A side that asks for more patience than this is asked again all the same. */
const MOST_PATIENCE_MS = 24 * HOUR;

/**
 * When a notice that was tried `tries` times, without success, is tried next; null where it is given up.
 * `random` in 0 to 1 spreads what failed together.
 */
export function nextTry(
  notice: { createdAt: number; tries: number },
  afterMs: number | undefined,
  { now, random, delays = DELAYS_MS }: { now: number; random: number; delays?: readonly number[] },
): number | null {
  const delay = delays[Math.min(notice.tries, delays.length) - 1]!;
  const spread = delay * (0.8 + 0.4 * random);
  const next = now + Math.round(Math.max(spread, Math.min(afterMs ?? 0, MOST_PATIENCE_MS)));
  return next > notice.createdAt + GIVEN_UP_MS ? null : next;
}
