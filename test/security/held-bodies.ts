import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Target } from "./fuzz/target.ts";

/** Each look collects all garbage, which takes the server 40 ms of CPU; a body is held for seconds. */
const LOOK_MS = 400;
const PIECE = Buffer.alloc(64 * 1024, 0x20);

/** What anybody can do who knows the address of a webhook. */
export const HOOK_ATTACK = {
  headers: "X-Hub-Signature-256: sha256=00\r\n",
  bytes: Math.floor(24.9 * 2 ** 20),
  count: 24,
};
/** Bytes that a server may hold for that: less than one such body. */
export const MAX_GROWTH = 16 * 2 ** 20;

export interface Held {
  /** Bytes that the server holds once its garbage is collected, before and while it holds the bodies. */
  before: number;
  most: number;
  /** How each connection was answered, once the server had enough of it. */
  statuses: number[];
}

/** Sends all but the last byte of a body on so many connections, and then nothing more. */
export async function holdBodies(
  target: Pick<Target, "memory" | "url">,
  { path, headers, bytes, count }: { path: string; headers: string; bytes: number; count: number },
): Promise<Held> {
  const heldBytes = async () => (await target.memory()).held;
  const before = await heldBytes();
  let most = before;
  const answers = Array.from({ length: count }, () => hold(target.url, path, headers, bytes));
  let over = false;
  const all = Promise.all(answers).finally(() => (over = true));
  while (!over) {
    most = Math.max(most, await heldBytes());
    await Promise.race([all, sleep(LOOK_MS)]);
  }
  return { before, most, statuses: await all };
}

/** Resolves with the status of the answer, once the server has closed the connection. */
async function hold(url: string, path: string, headers: string, bytes: number): Promise<number> {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = "";
  socket.on("error", () => {}).on("data", (data: Buffer) => (answer += data.toString("latin1")));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await once(socket, "connect");
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}Content-Length: ${bytes}\r\n\r\n`,
  );
  await Promise.race([closed, sendAllBut(socket, bytes - 1)]);
  await closed;
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);
}

async function sendAllBut(socket: Socket, bytes: number): Promise<void> {
  for (let left = bytes; left > 0 && !socket.destroyed; left -= PIECE.length) {
    const piece = left < PIECE.length ? PIECE.subarray(0, left) : PIECE;
    if (!socket.write(piece)) await new Promise((resolve) => socket.once("drain", resolve));
  }
}
