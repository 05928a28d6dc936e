import { isLoopbackHost } from "../../protocol/addresses.ts";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { callerOf, type RequestEnvironment } from "./requests/address.ts";

export interface Listener {
  port: number;
  /** Stops accepting connections and closes the open ones: idle ones at once, active ones within `patienceMs`. */
  close(patienceMs?: number): Promise<void>;
}

/** Milliseconds for receiving a whole request: an artifact over a slow line takes minutes. */
const REQUEST_MS = 300_000;

export type Fetch = (
  request: Request,
  environment: RequestEnvironment,
) => Response | Promise<Response>;

/** Milliseconds for receiving a request's headers, against slow header attacks (Slowloris). */
const HEADERS_MS = 15_000;

/**
 * Length of the accept queue, if the system allows it (`net.core.somaxconn`). Many readers who connect at the same
 * moment would overflow Node's default of 511; the others' SYNs are retried only after 1, 3, 7, 15 seconds.
 */
const BACKLOG = 4096;

/** Closes connections of an address beyond its limit. */
function boundByAddress(most: number): (socket: Socket) => void {
  const open = new Map<string, number>();
  return (socket) => {
    const caller = callerOf(socket.remoteAddress);
    if (caller === undefined) return;
    const count = (open.get(caller) ?? 0) + 1;
    if (count > most) {
      socket.destroy();
      return;
    }
    open.set(caller, count);
    socket.once("close", () => {
      const left = open.get(caller)! - 1;
      if (left === 0) open.delete(caller);
      else open.set(caller, left);
    });
  };
}

/** Serves `fetch` at an address. Rejects with Node's own error if it can't listen there. */
export async function listen(
  host: string,
  port: number,
  fetch: Fetch,
  {
    requestMs = REQUEST_MS,
    connections = 0,
    connectionsOfAddress = 0,
  }: {
    requestMs?: number;
    /** Maximum open connections; 0: no limit. Further ones are closed unanswered. */
    connections?: number;
    /** The same for one address, except this machine's own addresses. */
    connectionsOfAddress?: number;
  } = {},
): Promise<Listener> {
  const server = createServer(
    {
      requestTimeout: requestMs,
      headersTimeout: Math.min(requestMs, HEADERS_MS),
      connectionsCheckingInterval: Math.min(requestMs, 5000),
    },
    getRequestListener(
      (request, { incoming, outgoing }) =>
        fetch(request, { peer: incoming.socket.remoteAddress, answer: outgoing }),
      { overrideGlobalObjects: false },
    ),
  );
  // Longer than the minute of a claim's long poll, so that responders keep their connections between calls.
  server.keepAliveTimeout = 75_000;
  if (connections > 0) server.maxConnections = connections;
  if (connectionsOfAddress > 0) server.on("connection", boundByAddress(connectionsOfAddress));
  const opened = Promise.withResolvers<void>();
  server.once("error", opened.reject);
  server.listen({ port, host, backlog: BACKLOG }, opened.resolve);
  await opened.promise;
  server.off("error", opened.reject);
  return {
    port: (server.address() as AddressInfo).port,
    close: (patienceMs = 0) => close(server, patienceMs),
  };
}

async function close(server: Server, patienceMs: number): Promise<void> {
  const closed = Promise.withResolvers<void>();
  // close() waits for idle kept-alive connections.
  server.keepAliveTimeout = 1;
  server.keepAliveTimeoutBuffer = 0;
  server.close(() => closed.resolve());
  const over = setTimeout(() => server.closeAllConnections(), patienceMs);
  await closed.promise;
  clearTimeout(over);
}

/** The host by which this machine reaches a listener at `host`, in a URL's form. */
export function reachableHost(host: string): string {
  if (host === "0.0.0.0" || host === "::" || host === "localhost") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}

/** Whether a server at `host` is reached over the loopback interface. */
export function isLoopback(host: string): boolean {
  return isLoopbackHost(reachableHost(host));
}
