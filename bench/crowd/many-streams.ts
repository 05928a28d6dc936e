import { connect, type Socket } from "node:net";

/** Commands for the process that holds the streams. */
export type StreamsOrder =
  | { do: "open"; streams: number; port: number; path: string }
  /** Waits until every stream has had `text`. */
  | { do: "await"; text: string }
  | { do: "leave" };

/** Milliseconds since 1970: processes share this clock. */
export interface StreamsReport {
  last: number;
  open: number;
}

// Readers who only follow. They are raw sockets, so that thousands cost this machine little. Each claims an address
// of its own in X-Forwarded-For.

const AT_ONCE = 100;
const LATE_MS = 60_000;
const now = () => performance.timeOrigin + performance.now();
const sockets = new Set<Socket>();
const texts = new Map<Socket, string>();
let arrived: () => void = () => {};

const addressOf = (number: number) => `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`;

function open(number: number, port: number, path: string): Promise<void> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  sockets.add(socket);
  texts.set(socket, "");
  socket.write(
    `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\naccept: text/event-stream\r\n` +
      `accept-language: en-GB,en;q=0.9\r\ncache-control: no-cache\r\norigin: https://blog.example\r\n` +
      `referer: https://blog.example/\r\nuser-agent: Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101\r\n` +
      `x-forwarded-for: ${addressOf(number)}\r\n\r\n`,
  );
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.on("data", (chunk: Buffer) => {
    texts.set(socket, texts.get(socket)! + chunk.toString("latin1"));
    if (texts.get(socket)!.startsWith("HTTP/1.1 200 ")) resolve();
    else reject(new Error(`A stream was refused: ${texts.get(socket)}`));
    arrived();
  });
  socket.once("error", reject);
  socket.once("close", () => {
    sockets.delete(socket);
    reject(new Error(`A stream ended: ${texts.get(socket)}`));
  });
  return promise;
}

async function obey(order: StreamsOrder): Promise<void> {
  if (order.do === "open") {
    let number = sockets.size;
    const until = number + order.streams;
    const opening = Array.from({ length: AT_ONCE }, async () => {
      while (number < until) await open(number++, order.port, order.path);
    });
    await Promise.all(opening);
  } else if (order.do === "await") {
    const waiting = new Set(sockets);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    arrived = () => {
      for (const socket of waiting) {
        if (!texts.get(socket)!.includes(order.text)) return;
        waiting.delete(socket);
      }
      resolve();
    };
    arrived();
    const late = setTimeout(() => reject(new Error(`${waiting.size} heard nothing.`)), LATE_MS);
    await promise;
    clearTimeout(late);
  } else {
    const closed = [...sockets].map(
      (socket) => new Promise<void>((resolve) => socket.once("close", () => resolve())),
    );
    for (const socket of sockets) socket.resetAndDestroy();
    await Promise.all(closed);
    texts.clear();
  }
}

process.on("message", (order: StreamsOrder) => {
  void obey(order).then(() => {
    process.send!({ last: now(), open: sockets.size } satisfies StreamsReport);
  });
});
