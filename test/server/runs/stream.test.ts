import { once } from "node:events";
import { connect } from "node:net";
import { Hono } from "hono";
import { expect, onTestFinished, test } from "vitest";
import { listen } from "../../../server/listen.ts";
import { encodeOne, sse } from "../../../server/runs/stream.ts";
import { eventually } from "../../eventually.ts";

const TEXT = "x".repeat(64 * 1024);
/** More than any system keeps for a connection by itself: 128 MB. */
const MOST = 2000;

/** A server with one stream of so many batches, given as fast as they are read. */
async function serveStream(batchesInAll: number, patienceMs: number) {
  const stream = { yielded: 0, left: false, over: false };
  const closing = new AbortController().signal;
  const door = { enter: () => () => void (stream.left = true), closing, patienceMs };
  async function* batches() {
    try {
      for (let id = 1; id <= batchesInAll; id++) {
        stream.yielded = id;
        const facts = { run: "a", id, at: "2026-01-01T00:00:00Z" };
        yield [{ type: "output" as const, stream: "stdout" as const, text: TEXT, ...facts }];
      }
    } finally {
      stream.over = true;
    }
  }
  const app = new Hono().get("/", (c) => sse(c, door, batches, encodeOne));
  const listener = await listen("127.0.0.1", 0, (request, at) => app.fetch(request, at));
  onTestFinished(() => listener.close());
  return { stream, port: listener.port };
}

test("a reader that takes nothing is not read for, and after a while is cut off", async () => {
  const { stream, port } = await serveStream(MOST, 300);
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  await once(socket, "readable");
  await eventually(async () => (stream.over && stream.left ? true : undefined));
  expect(stream.yielded).toBeLessThan(MOST);
  socket.resume();
  await once(socket, "close");
});

test("a reader that takes all there is gets all there is", async () => {
  const { stream, port } = await serveStream(50, 60_000);
  const response = await fetch(`http://127.0.0.1:${port}/`);
  let bytes = 0;
  for await (const part of response.body!) bytes += part.length;
  expect(bytes).toBeGreaterThan(50 * TEXT.length);
  expect(stream).toEqual({ yielded: 50, left: true, over: true });
});
