import type { Context, MiddlewareHandler } from "hono";
import type { Logger } from "pino";
import { createBodies } from "./bodies/bodies.ts";
import { createDrain } from "./limits/drain.ts";
import { createStreams } from "./limits/streams.ts";
import { watchForProxy } from "./requests/unbelieved-proxy.ts";

export interface TrafficDeps {
  /** Where large bodies are spooled. */
  bodiesFolder: string;
  limits: { streams: number; streamsOfAddress: number };
  trustProxy: boolean;
  /** The address that a limit counts; undefined where none is known. */
  caller: (c: Context) => string | undefined;
  /** Called with the name of the limit that refused a request. */
  refused: (limit: string) => void;
  log: Logger;
  /** Called once, where an untrusted proxy stands before the server. */
  proxySeen?: (() => void) | undefined;
}

export type TrafficPart = ReturnType<typeof createTrafficPart>;

const UNTRUSTED_PROXY =
  "a proxy on this machine passes requests on and is not believed, so no limit by address holds: set DEFERRED_TRUST_PROXY=1 if it sets X-Forwarded-For";

/** Bounds what callers cost: bodies and streams under way, and the end of both when the server stops. */
export function createTrafficPart(deps: TrafficDeps) {
  const { limits, caller, refused, log } = deps;
  const bodies = createBodies({ folder: deps.bodiesFolder, caller, refused });
  const drain = createDrain();
  const streams = createStreams({
    most: limits.streams,
    mostOfCaller: limits.streamsOfAddress,
    refused,
  });
  const noticeProxy = watchForProxy(deps.trustProxy, () => {
    log.warn(UNTRUSTED_PROXY);
    deps.proxySeen?.();
  });
  return {
    bodies,
    drain,
    streams,
    streamAdmission: { enter: (c: Context) => streams.enter(caller(c)), closing: drain.closing },
    /** What every request passes, in this order, with `guessing` among them. */
    middleware: (guessing: MiddlewareHandler): MiddlewareHandler[] => [
      noticeProxy,
      bodies.account(),
      guessing,
      drain.refuseWork(),
    ],
  };
}
