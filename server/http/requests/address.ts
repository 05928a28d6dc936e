import { isIP } from "node:net";
import type { Context } from "hono";
import ipaddr from "ipaddr.js";

/** Facts about the connection that the listener passes to the app with a request. */
export interface RequestEnvironment {
  /** The remote address of the socket; absent if there is no socket. */
  peer?: string | undefined;
  /** The response. Destroying it closes its connection. */
  answer?: {
    destroy(): unknown;
    /** Calls `cut` after the reader has read nothing for `ms` milliseconds. */
    setTimeout(ms: number, cut: () => void): unknown;
  };
}

/** The remote address of the request's connection; undefined if there is none. */
export function peerOf(c: Context): string | undefined {
  return (c.env as RequestEnvironment | undefined)?.peer;
}

/**
 * The client's address; behind a trusted proxy, the last entry of X-Forwarded-For, since a client can forge all other
 * entries.
 */
export function clientOf(c: Context, trustProxy: boolean): string | undefined {
  const told = trustProxy ? c.req.header("x-forwarded-for")?.split(",").at(-1)?.trim() : undefined;
  return told !== undefined && isIP(told) !== 0 ? told : peerOf(c);
}

/**
 * The key of a limit by address: an IPv4 address, or an IPv6 /64 network, which one subscriber gets. Undefined for
 * loopback addresses, since all clients of an untrusted proxy on this machine share them.
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
