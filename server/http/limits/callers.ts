import type { Context, MiddlewareHandler } from "hono";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { paths } from "../../../protocol/paths.ts";
import { callerOf, clientOf } from "../requests/address.ts";
import { createBuckets } from "./buckets.ts";

export interface CallerLimitsOptions {
  /**
   * Requests for runs or machines, reads of stored results, and wrong credentials, a minute of one address;
   * 0: no limit.
   */
  limits: { addressRate: number; guessRate: number };
  /** Read a caller's address from X-Forwarded-For. */
  trustProxy: boolean;
  /** A clock that never jumps, in milliseconds. */
  steady: () => number;
  /** Called with the name of the limit that refused a request. */
  refused: (limit: string) => void;
}

/** Paths of calls that carry credentials without an `Authorization` header. */
const CREDENTIALS =
  /^\/(v1\/hooks|v1\/uploads|v1\/responder|sign-in|sign-up|reset-password|confirm-email|auth)\//;
const HOOKS = paths.hook("", "").slice(0, -1);
/** Maximum characters of a webhook's path. */
const LONGEST_HOOK = 80;

export type CallerLimits = ReturnType<typeof createCallerLimits>;

/** Limits by the address of a caller. */
export function createCallerLimits(options: CallerLimitsOptions) {
  const { limits, trustProxy, steady, refused } = options;
  const requests = createBuckets({ tokens: limits.addressRate, steady });
  const reads = createBuckets({ tokens: limits.addressRate, steady });
  const guesses = createBuckets({ tokens: limits.guessRate, steady });

  const caller = (c: Context) => callerOf(clientOf(c, trustProxy));

  function tooMany(limit: string, retryAfterS: number, detail: string): never {
    refused(limit);
    throw new ApiError("rate_limited", detail, { retryAfterS });
  }

  const count = (c: Context, buckets: typeof requests) => {
    const address = caller(c);
    const wait = address === undefined ? 0 : buckets.take(address);
    if (wait > 0) {
      tooMany("address", wait, `More than ${limits.addressRate} a minute from one address.`);
    }
  };

  return {
    /** The key of the limits by address; undefined if the address is unknown. */
    caller,

    /** Counts a request for a run or a machine. Throws `rate_limited`. */
    countRequest: (c: Context): void => count(c, requests),

    /** Counts a read of stored results, apart from requests. Throws `rate_limited`. */
    countRead: (c: Context): void => count(c, reads),

    /** Seconds until the address may try a password again; 0: now. */
    waitForGuess(c: Context): number {
      const address = caller(c);
      return address === undefined ? 0 : guesses.wait(address);
    },

    /** Counts a wrong password. */
    countGuess(c: Context): void {
      const address = caller(c);
      if (address !== undefined) guesses.take(address);
    },

    /**
     * Refuses an address for a while after many wrong tokens, signatures or sign-in codes. Each webhook has a limit of
     * its own, since a host sends the webhooks of all its repositories from the same addresses.
     */
    limitGuesses(): MiddlewareHandler {
      return async function limitGuesses(c, next) {
        const address = caller(c);
        const hasCredentials =
          c.req.header("authorization") !== undefined ||
          c.req.method === "DELETE" ||
          CREDENTIALS.test(c.req.path);
        if (address === undefined || !hasCredentials) return next();
        const isHook = c.req.path.startsWith(HOOKS);
        const guesser = isHook ? `${address} ${c.req.path.slice(0, LONGEST_HOOK)}` : address;
        const wait = guesses.wait(guesser);
        if (wait > 0) tooMany("guesses", wait, "Too many wrong credentials from one address.");
        await next();
        const { status } = c.res;
        // A token that is known was not guessed.
        const isKnown = c.error instanceof ApiError && c.error.code === "token_scope_low";
        const isWrong = status === 401 || status === 403 || (isHook && status === 404);
        if (isWrong && !isKnown) guesses.take(guesser);
      };
    },
  };
}
