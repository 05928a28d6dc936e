import type { MiddlewareHandler } from "hono";
import { paths } from "../../../protocol/paths.ts";
import { ApiError } from "../../../protocol/deferred-error.ts";

/** Seconds for `Retry-After`: about how long a restart takes. */
const COME_BACK_S = 5;
const COMMANDS = /^\/v1\/projects\/[^/]+\/[^/]+\/(runs|wake)$/;

/**
 * Refuses new work while the server stops, since it could not be completed. Webhooks are accepted to the end, because
 * most senders do not retry.
 */
export function createDrain() {
  let draining = false;
  const closing = new AbortController();
  return {
    get draining(): boolean {
      return draining;
    },

    /** Aborts to end streams and long polls. */
    closing: closing.signal,

    begin(): void {
      draining = true;
    },

    endStreams(): void {
      closing.abort();
    },

    refuseWork(): MiddlewareHandler {
      return async function refuseWhileDraining(c, next) {
        const { path, method } = c.req;
        const asks = path === paths.runs || path === paths.wake || COMMANDS.test(path);
        if (!draining || method !== "POST" || !asks) return next();
        throw new ApiError("overloaded", "It is being restarted.", { retryAfterS: COME_BACK_S });
      };
    },
  };
}
