import { createBuckets } from "../../http/limits/buckets.ts";

const HOUR_MS = 60 * 60_000;
/** Wrong passwords for one account. NIST allows 100 in a row; a person needs few. */
const GUESSES = 20;
const MAILS_TO_ADDRESS = 3;
const MAILS_BY_CALLER = 10;
/** Mails to strangers from the whole server. */
const MAILS = 300;

/**
 * Limits of an hour, beside those by a caller's address. They count by the e-mail address that was typed, whether or
 * not it has an account, so that they tell nobody who exists.
 */
export function createAccountLimits(steady: () => number) {
  const bucketsOf = (tokens: number) => createBuckets({ tokens, windowMs: HOUR_MS, steady });
  const guesses = bucketsOf(GUESSES);
  const mailsTo = bucketsOf(MAILS_TO_ADDRESS);
  const mailsBy = bucketsOf(MAILS_BY_CALLER);
  const mails = bucketsOf(MAILS);

  return {
    /** Seconds until a password for the address may be tried; 0: now. */
    waitForGuess: (email: string): number => guesses.wait(email),

    countGuess: (email: string): void => void guesses.take(email),

    /** Counts a mail that a caller asks for, and returns 0; or returns the seconds until one may be sent. */
    countMail(email: string, caller: string | undefined): number {
      const wait = Math.max(
        mailsTo.wait(email),
        caller === undefined ? 0 : mailsBy.wait(caller),
        mails.wait(""),
      );
      if (wait > 0) return wait;
      mailsTo.take(email);
      if (caller !== undefined) mailsBy.take(caller);
      mails.take("");
      return 0;
    },
  };
}
