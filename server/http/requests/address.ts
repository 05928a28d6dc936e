import { isIP } from "node:net";
import type { Context } from "hono";
import ipaddr from "ipaddr.js";

/** What the listener passes to the app beside a request. */
export interface RequestEnvironment {
  /** Of the socket's other end; absent where there is no socket. */
  peer?: string | undefined;
  /** The answer under way; destroyed, it takes its connection with it. */
  answer?: {
    destroy(): unknown;
    /** Calls `cut` once the reader has taken nothing for so many milliseconds. */
    setTimeout(ms: number, cut: () => void): unknown;
  };
}

/** The address at the other end of the request's connection; undefined where it has none. */
export function peerOf(c: Context): string | undefined {
  return (c.env as RequestEnvironment | undefined)?.peer;
}

/**
 * The address a request comes from; behind a trusted proxy, the last entry of X-Forwarded-For. A sender can
 * write all other entries.
 */
export function clientOf(c: Context, trustProxy: boolean): string | undefined {
  const told = trustProxy ? c.req.header("x-forwarded-for")?.split(",").at(-1)?.trim() : undefined;
  return told !== undefined && isIP(told) !== 0 ? told : peerOf(c);
}

/**
 * Whom a limit by address is about: an IPv4 address, or the /64 network that one subscriber of IPv6 has.
 * Undefined for this machine itself: behind a proxy that is not believed, everybody comes from there.
 */
export function callerOf(address: string | undefined): string | undefined {
  if (address === undefined || !ipaddr.isValid(address)) return undefined;
  const parsed = ipaddr.process(address);
  if (parsed.range() === "loopback") return undefined;
  if (parsed.kind() === "ipv4") return parsed.toString();
  const [first, last] = [0, 8].map((from) =>
    parsed
      .toByteArray()
      .slice(from, from + 8)
      .map((byte) => byte.toString(16).padStart(2, "0")),
  );
  return last ? `${first!.join("")}::/64` : undefined;
}

export function isLoopbackAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === "loopback";
}
