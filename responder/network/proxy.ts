import { chmodSync, chownSync, closeSync, constants, openSync } from "node:fs";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { basename, dirname } from "node:path";
import type { Duplex } from "node:stream";
import { nodeHttp } from "./node-http.ts";
import { destination, DestinationRefused, type DestinationRules } from "./destination.ts";

/** Connections at one time; more are refused. Package managers open a few dozen. */
const MAX_CONNECTIONS = 128;
const CONNECT_MS = 15_000;
const IDLE_MS = 5 * 60_000;
/** Headers for one connection, which are not forwarded. */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

export interface ProxyOptions extends DestinationRules {
  /** Path of the unix socket that it listens on. */
  readonly socket: string;
  /** A user that may connect, besides the responder's own. */
  readonly uid: number | undefined;
  /** Plain http is refused. */
  readonly httpsOnly?: boolean;
  /** Gets the reason of each refusal. */
  readonly onRefused?: (why: string) => void;
  /** Connects to an address that was allowed; default: TCP. */
  readonly dial?: (address: string, port: number) => Socket;
}

/** An HTTP proxy that is the only way out of a sandbox. It resolves names itself and explains each refusal. */
export interface Proxy {
  close(): Promise<void>;
}

export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const { socket, uid } = options;
  const open = new Set<Duplex>();
  const track = <Stream extends Duplex>(stream: Stream): Stream => {
    open.add(stream);
    return stream.once("close", () => open.delete(stream));
  };
  const server = nodeHttp.createServer({ headersTimeout: 30_000, requestTimeout: 0 });
  server.maxConnections = MAX_CONNECTIONS;
  server.on("connection", track);
  server.on("request", (request, response) => {
    forward(request, response, options).catch((error: unknown) => {
      refuse(response, answerTo(error, options));
    });
  });
  server.on("connect", (request: IncomingMessage, near: Duplex, head: Buffer) => {
    near.on("error", () => near.destroy());
    tunnel(request, near, head, options, track).catch((error: unknown) => {
      const { status, text } = answerTo(error, options);
      near.end(
        `HTTP/1.1 ${status}\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${text}\n`,
      );
    });
  });
  // A socket's path is limited to 107 bytes, so it is opened relative to its folder. The folder stays open because
  // closing the server removes the socket by the same path.
  const folder = openSync(dirname(socket), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await new Promise<void>((resolve, reject) => {
      const path = `/proc/self/fd/${folder}/${basename(socket)}`;
      server.once("error", reject).listen(path, resolve);
    });
  } catch (error) {
    closeSync(folder);
    throw error;
  }
  if (uid !== undefined) chownSync(socket, uid, uid);
  chmodSync(socket, 0o600);
  return {
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const stream of open) stream.destroy();
      await closed;
      closeSync(folder);
    },
  };
}

async function tunnel(
  request: IncomingMessage,
  near: Duplex,
  head: Buffer,
  options: ProxyOptions,
  track: (far: Socket) => Socket,
): Promise<void> {
  const url = URL.parse(`http://${request.url}`);
  if (url === null || url.hostname === "") throw new DestinationRefused("CONNECT takes host:port");
  const port = Number(url.port || 80);
  const address = await destination(url.hostname, port, options);
  const { dial = tcp } = options;
  const far = track(dial(address, port));
  await connected(far);
  near.write("HTTP/1.1 200 Connection established\r\n\r\n");
  if (head.length > 0) far.write(head);
  far.setTimeout(IDLE_MS, () => far.destroy());
  far.on("error", () => near.destroy()).on("close", () => near.destroy());
  near.on("close", () => far.destroy());
  near.pipe(far).pipe(near);
}

const tcp = (host: string, port: number) => connect({ host, port, allowHalfOpen: true });

function connected(far: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => far.destroy(new Error("it does not answer")), CONNECT_MS);
    far.once("close", () => clearTimeout(timer));
    far.once("error", reject);
    far.once("connect", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  options: ProxyOptions,
): Promise<void> {
  const url = URL.parse(request.url ?? "");
  if (url?.protocol !== "http:") throw new DestinationRefused("this proxy takes http:// addresses");
  if (options.httpsOnly) throw new DestinationRefused(`${url.origin} is not an https address`);
  const port = Number(url.port || 80);
  const address = await destination(url.hostname, port, options);
  const { method } = request;
  const path = url.pathname + url.search;
  const headers: OutgoingHttpHeaders = { ...endToEnd(request.headers), host: url.host };
  // Otherwise the body of a GET or DELETE would have no end.
  if (request.headers["transfer-encoding"] !== undefined) headers["transfer-encoding"] = "chunked";
  const sent = nodeHttp.request({ host: address, port, method, path, headers, agent: false });
  sent.setTimeout(IDLE_MS, () => sent.destroy(new Error("it does not answer")));
  response.once("close", () => sent.destroy());
  request.pipe(sent);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once("response", resolve).on("error", reject);
  });
  response.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers));
  answer.on("error", () => response.destroy());
  answer.pipe(response);
}

function endToEnd(headers: IncomingMessage["headers"]): OutgoingHttpHeaders {
  const named = (headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase());
  const dropped = new Set([...HOP_BY_HOP, ...named]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name)));
}

interface Refusal {
  readonly status: string;
  readonly text: string;
}

function refuse(response: ServerResponse, { status, text }: Refusal): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(Number(status.slice(0, 3)), { "content-type": "text/plain" });
  response.end(`${text}\n`);
}

function answerTo(error: unknown, { onRefused }: ProxyOptions): Refusal {
  if (!(error instanceof DestinationRefused)) {
    return { status: "502 Bad Gateway", text: String(error) };
  }
  onRefused?.(error.message);
  return { status: "403 Forbidden", text: error.message };
}
