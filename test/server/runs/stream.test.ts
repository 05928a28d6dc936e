import { once } from "node:events";
import { connect } from "node:net";
import { Hono } from "hono";
import { expect, onTestFinished, test, vi } from "vitest";
import { listen } from "../../../server/http/listen.ts";
import { encodeOne } from "../../../server/runs/encode.ts";
import { sse } from "../../../server/runs/stream.ts";
import { eventually } from "../../eventually.ts";

const TEXT = "x".repeat(64 * 1024);
/** More than any system keeps for a connection by itself: 128 MB. */
const MOST = 2000;

const output = (id: number) => {
  const facts = { run: "a", id, at: "2026-01-01T00:00:00Z" };
  return { type: "output" as const, stream: "stdout" as const, text: TEXT, ...facts };
};

/** A server with one stream of so many batches, given as fast as they are read. */
async function serveStream(batchesInAll: number, patienceMs: number) {
  const stream = { yielded: 0, left: false, over: false };
  const closing = new AbortController().signal;
  const streamAdmission = { enter: () => () => void (stream.left = true), closing, patienceMs };
  async function* batches() {
    try {
      for (let id = 1; id <= batchesInAll; id++) {
        stream.yielded = id;
        yield [output(id)];
      }
    } finally {
      stream.over = true;
    }
  }
  const app = new Hono().get("/", (c) => sse(c, streamAdmission, batches, encodeOne));
  const listener = await listen("127.0.0.1", 0, (request, at) => app.fetch(request, at));
  onTestFinished(() => listener.close());
  return { stream, port: listener.port };
}

// The first one: connections of others have timers of their own.
test("a reader that goes while more is read for it leaves no timer, which a server that is stopped would wait for", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const { promise: more, resolve: goOn } = Promise.withResolvers<void>();
  let asked = false;
  async function* batches() {
    yield [output(1)];
    asked = true;
    await more;
    yield [output(2)];
  }
  const streamAdmission = { enter: () => () => {}, closing: new AbortController().signal };
  const app = new Hono().get("/", (c) => sse(c, streamAdmission, batches, encodeOne));
  const reader = (await app.request("/")).body!.getReader();
  for (let read = 0; read < 2; read++) await reader.read();
  const last = reader.read();
  while (!asked) await new Promise(setImmediate);
  const gone = reader.cancel();
  goOn();
  await Promise.all([gone, last]);
  await new Promise(setImmediate);
  expect(vi.getTimerCount()).toBe(0);
});

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
