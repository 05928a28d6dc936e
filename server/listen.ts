import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { RequestEnvironment } from "./requests/address.ts";

export interface Listener {
  port: number;
  /** Takes no new connection and ends those there are, streams included. */
  close(): Promise<void>;
}

/** Milliseconds within which a request has to have come whole: an artifact over a slow line takes some. */
const REQUEST_MS = 300_000;

export type Fetch = (
  request: Request,
  environment: RequestEnvironment,
) => Response | Promise<Response>;

/** Serves `fetch` at an address. Rejects with Node's own error where it can't be had. */
export async function listen(
  host: string,
  port: number,
  fetch: Fetch,
  { requestMs = REQUEST_MS }: { requestMs?: number } = {},
): Promise<Listener> {
  const server = createServer(
    { requestTimeout: requestMs, connectionsCheckingInterval: Math.min(requestMs, 30_000) },
    getRequestListener(
      (request, { incoming }) => fetch(request, { peer: incoming.socket.remoteAddress }),
      { overrideGlobalObjects: false },
    ),
  );
  // A claim is answered after up to a minute; between two calls a responder keeps its connection.
  server.keepAliveTimeout = 75_000;
  const opened = Promise.withResolvers<void>();
  server.once("error", opened.reject);
  server.listen(port, host, opened.resolve);
  await opened.promise;
  server.off("error", opened.reject);
  return {
    port: (server.address() as AddressInfo).port,
    close: () => close(server),
  };
}

async function close(server: Server): Promise<void> {
  const closed = Promise.withResolvers<void>();
  server.close(() => closed.resolve());
  server.closeAllConnections();
  await closed.promise;
}

/** How a host is reached from this machine, as a URL's host. */
export function reachableHost(host: string): string {
  if (host === "0.0.0.0" || host === "::" || host === "localhost") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}

/** Whether a server at `host` is reached over the loopback interface. */
export function isLoopback(host: string): boolean {
  return /^(127\.\d+\.\d+\.\d+|\[::1\])$/.test(reachableHost(host));
}
