/** The outcome of one try to send a notice; `answer` is a sentence for readers of the list. */
export type SendOutcome =
  | { kind: "sent"; answer: string }
  /** Retry, not before `afterMs` where the other side said so. */
  | { kind: "again"; answer: string; afterMs?: number | undefined }
  /** Permanent: a retry would get the same answer. */
  | {
      kind: "never";
      answer: string;
      /** The token itself was refused (401), not the call. */
      tokenRefused?: true;
    };

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Delays between tries; the last one repeats. */
const DELAYS_MS: readonly number[] = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  HOUR,
  6 * HOUR,
];
/** After 48 hours, news of a run's end is of no use. */
const GIVEN_UP_MS = 48 * HOUR;
/** Limits the delay that the other side may ask for. */
const MAX_PATIENCE_MS = 24 * HOUR;

/**
 * When a notice with `tries` failed tries is retried; null where it is given up. `random` in 0 to 1 spreads
 * notices that failed together.
 */
export function nextTry(
  notice: { createdAt: number; tries: number },
  afterMs: number | undefined,
  { now, random, delays = DELAYS_MS }: { now: number; random: number; delays?: readonly number[] },
): number | null {
  const delay = delays[Math.min(notice.tries, delays.length) - 1]!;
  const spread = delay * (0.8 + 0.4 * random);
  const next = now + Math.round(Math.max(spread, Math.min(afterMs ?? 0, MAX_PATIENCE_MS)));
  return next > notice.createdAt + GIVEN_UP_MS ? null : next;
}
