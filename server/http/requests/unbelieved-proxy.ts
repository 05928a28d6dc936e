import type { MiddlewareHandler } from "hono";
import { isLoopbackAddress, peerOf } from "./address.ts";

/** Calls `seen` once: at the first request that a proxy on this machine forwards while no proxy is trusted. */
export function watchForProxy(trustProxy: boolean, seen: () => void): MiddlewareHandler {
  let isSeen = trustProxy;
  return async function noticeProxy(c, next) {
    const peer = isSeen ? undefined : peerOf(c);
    const isLocal = peer !== undefined && isLoopbackAddress(peer);
    if (isLocal && c.req.header("x-forwarded-for") !== undefined) {
      isSeen = true;
      seen();
    }
    return next();
  };
}
