import { randomBytes } from "node:crypto";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { readUserCode, userCodeOf } from "../../../protocol/device-login.ts";
import { newSecret, sha256 } from "../../database/ids.ts";

export type DeviceLogins = ReturnType<typeof createDeviceLogins>;

export const LOGIN_KEPT_MS = 10 * 60_000;
export const POLL_S = 5;
/** Logins that may wait at once. */
const MOST = 1000;
/** Those that one address may have waiting. */
const MOST_OF_ADDRESS = 50;
/** Codes that a user may try in the life of a login: guessing one takes 25 thousand million. */
const TRIES = 10;

interface Login {
  userCode: string;
  /** The machine that asks, by its own word. */
  host: string;
  /** The address that asked. */
  address: string;
  askedAt: number;
  polledAt: number;
  outcome: { user: { id: string; name: string } } | "denied" | undefined;
}

/** A login as its approval shows it. */
export type WaitingLogin = Pick<Login, "userCode" | "host" | "address" | "askedAt">;

/**
 * Logins of devices, as in RFC 8628: a program shows a short code, and a signed-in person approves it. They are in
 * memory, since each ends in ten minutes: a server that starts anew asks people to begin again.
 */
export function createDeviceLogins(now: () => number) {
  const byDevice = new Map<string, Login>();
  const tries = new Map<string, { count: number; since: number }>();

  function forgetOld(): void {
    for (const [hash, { askedAt }] of byDevice) {
      if (now() - askedAt > LOGIN_KEPT_MS) byDevice.delete(hash);
    }
    for (const [user, { since }] of tries) {
      if (now() - since > LOGIN_KEPT_MS) tries.delete(user);
    }
  }

  const waiting = (userCode: string): Login | undefined => {
    forgetOld();
    return [...byDevice.values()].find(
      (login) => login.userCode === userCode && login.outcome === undefined,
    );
  };

  return {
    /** Throws `overloaded`, or `rate_limited` for an address, where too many wait. */
    begin({ host, address: caller }: { host: string; address: string | undefined }) {
      forgetOld();
      if (byDevice.size >= MOST) throw new ApiError("overloaded", undefined, { retryAfterS: 60 });
      // Callers behind a proxy that is not trusted share one address.
      const address = caller ?? "the server's machine";
      const waitingThere = [...byDevice.values()].filter((login) => login.address === address);
      if (caller !== undefined && waitingThere.length >= MOST_OF_ADDRESS) {
        const detail = "Too many logins wait for their approval.";
        throw new ApiError("rate_limited", detail, { retryAfterS: 60 });
      }
      const deviceCode = newSecret();
      const userCode = userCodeOf(randomBytes(8));
      byDevice.set(sha256(deviceCode), {
        ...{ userCode, host, address, askedAt: now() },
        ...{ polledAt: -Infinity, outcome: undefined },
      });
      return { deviceCode, userCode };
    },

    /** The login of a code that the user typed. Throws `rate_limited` after too many wrong ones. */
    find(user: string, typed: string): WaitingLogin | undefined {
      const code = readUserCode(typed);
      const login = code === undefined ? undefined : waiting(code);
      if (login) return login;
      const tried = tries.get(user) ?? { count: 0, since: now() };
      if (tried.count >= TRIES) {
        throw new ApiError("rate_limited", undefined, { retryAfterS: LOGIN_KEPT_MS / 1000 });
      }
      tries.set(user, { ...tried, count: tried.count + 1 });
      return undefined;
    },

    /** Throws `expired_token` if no login waits with this code. */
    decide(userCode: string, outcome: NonNullable<Login["outcome"]>): void {
      const login = waiting(userCode);
      if (!login) throw new ApiError("expired_token");
      login.outcome = outcome;
    },

    /**
     * The user who approved it, once. Throws `authorization_pending`, `slow_down`, `access_denied` or
     * `expired_token`.
     */
    take(deviceCode: string): { user: { id: string; name: string }; host: string } {
      forgetOld();
      const hash = sha256(deviceCode);
      const login = byDevice.get(hash);
      if (!login) throw new ApiError("expired_token");
      const { outcome, host, polledAt } = login;
      if (outcome === undefined) {
        login.polledAt = now();
        const isEarly = now() - polledAt < (POLL_S - 1) * 1000;
        throw new ApiError(isEarly ? "slow_down" : "authorization_pending");
      }
      byDevice.delete(hash);
      if (outcome === "denied") throw new ApiError("access_denied");
      return { user: outcome.user, host };
    },
  };
}
