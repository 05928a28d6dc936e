import type { Context, MiddlewareHandler } from "hono";
import type { Logger } from "pino";
import { createBodies } from "./bodies/bodies.ts";
import { createCallerLimits, type CallerLimitsOptions } from "./limits/callers.ts";
import { createDrain } from "./limits/drain.ts";
import { createStreams } from "./limits/streams.ts";
import { watchForProxy } from "./requests/unbelieved-proxy.ts";

export interface TrafficDeps extends CallerLimitsOptions {
  /** Where large bodies are spooled. */
  bodiesFolder: string;
  limits: CallerLimitsOptions["limits"] & { streams: number; streamsOfAddress: number };
  log: Logger;
  /** Called once if requests come through a proxy that the settings do not trust. */
  proxySeen?: (() => void) | undefined;
}

export type TrafficPart = ReturnType<typeof createTrafficPart>;

const UNTRUSTED_PROXY =
  "a proxy on this machine passes requests on and is not believed, so no limit by address holds: set DEFERRED_TRUST_PROXY=1 if it sets X-Forwarded-For";

/** Limits of requests, bodies and streams, and their draining when the server stops. */
export function createTrafficPart(deps: TrafficDeps) {
  const { limits, refused, log } = deps;
  const callers = createCallerLimits(deps);
  const { caller } = callers;
  const bodies = createBodies({ folder: deps.bodiesFolder, caller, refused });
  const drain = createDrain();
  const streams = createStreams({
    most: limits.streams,
    maxOfCaller: limits.streamsOfAddress,
    refused,
  });
  const noticeProxy = watchForProxy(deps.trustProxy, () => {
    log.warn(UNTRUSTED_PROXY);
    deps.proxySeen?.();
  });
  const middleware: MiddlewareHandler[] = [
    noticeProxy,
    bodies.account(),
    callers.limitGuesses(),
    drain.refuseWork(),
  ];
  return {
    callers,
    bodies,
    drain,
    streams,
    streamAdmission: { enter: (c: Context) => streams.enter(caller(c)), closing: drain.closing },
    /** The middleware of every request, in order. */
    middleware,
  };
}
