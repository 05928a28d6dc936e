import type { Context } from "hono";

/** What the listener hands to the app beside a request. */
export interface RequestEnvironment {
  /** Of the socket's other end; absent where there is no socket. */
  peer?: string | undefined;
}

/** The address at the other end of the request's connection; undefined where it has none. */
export function peerOf(c: Context): string | undefined {
  const peer = (c.env as RequestEnvironment | undefined)?.peer;
  return peer?.replace(/^::ffff:(?=\d+\.)/, "");
}

export function isLoopbackAddress(address: string): boolean {
  return /^127\.\d+\.\d+\.\d+$/.test(address) || address === "::1";
}
