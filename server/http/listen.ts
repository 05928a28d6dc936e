import { isLoopbackHost } from "../../protocol/addresses.ts";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { callerOf, type RequestEnvironment } from "./requests/address.ts";

export interface Listener {
  port: number;
  /** Takes no new connection and ends those there are, within `patienceMs` those that are at work. */
  close(patienceMs?: number): Promise<void>;
}

/** Milliseconds within which a request has to have come whole: an artifact over a slow line takes some. */
const REQUEST_MS = 300_000;

export type Fetch = (
  request: Request,
  environment: RequestEnvironment,
) => Response | Promise<Response>;

/** Milliseconds within which a request's headers have to have come: who sends them byte by byte is cut off. */
const HEADERS_MS = 15_000;

/**
 * Connections that wait to be taken, where the system allows as many (`net.core.somaxconn`). A crowd that
 * comes in the same moment would overflow Node's 511: those beyond knock again after 1, 3, 7, 15 seconds.
 */
const BACKLOG = 4096;

/** Closes what an address opens beyond its share. */
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

/** Serves `fetch` at an address. Rejects with Node's own error where it can't be had. */
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
    /** Most at one time; 0: no limit. Others are closed unanswered. */
    connections?: number;
    /** The same for one address, other than this machine's own. */
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
  // A claim is answered after up to a minute; between two calls a responder keeps its connection.
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
  // A kept connection would be waited for.
  server.keepAliveTimeout = 1;
  server.keepAliveTimeoutBuffer = 0;
  server.close(() => closed.resolve());
  const over = setTimeout(() => server.closeAllConnections(), patienceMs);
  await closed.promise;
  clearTimeout(over);
}

/** How a host is reached from this machine, as a URL's host. */
export function reachableHost(host: string): string {
  if (host === "0.0.0.0" || host === "::" || host === "localhost") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}

/** Whether a server at `host` is reached over the loopback interface. */
export function isLoopback(host: string): boolean {
  return isLoopbackHost(reachableHost(host));
}
