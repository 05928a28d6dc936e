import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Hono } from "hono";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { createBodies, type LeastRate } from "../../../../server/http/bodies/bodies.ts";
import { bodyBytes } from "../../../../server/http/bodies/read.ts";
import { listen } from "../../../../server/http/listen.ts";
import { onError } from "../../../../server/http/problem.ts";

const RATE: LeastRate = { bytes: 100, ms: 300, wholeMs: 30_000 };

/** A server that answers with the length of a body. */
async function serve(rate = RATE) {
  const bodies = createBodies({ folder: "/none", caller: () => undefined, refused() {}, rate });
  const app = new Hono();
  app.onError(onError(pino({ level: "silent" })));
  app.use(bodies.account());
  const most = 10_000_000;
  app.post("/", async (c) => c.text(String((await bodyBytes(c, most)).length)));
  app.post("/vouched", async (c) =>
    c.text(String((await bodyBytes(c, most, { vouched: true })).length)),
  );
  const listener = await listen("127.0.0.1", 0, (request, environment) =>
    app.fetch(request, environment),
  );
  onTestFinished(() => listener.close());
  return { port: listener.port, bodies };
}

/** Sends what `write` writes, and resolves with the answer once the connection is closed. */
async function send(
  port: number,
  { path = "/", length, write }: { path?: string; length: number | "chunked"; write: Write },
) {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let answer = "";
  socket.on("error", () => {}).on("data", (data: Buffer) => (answer += data.toString()));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await once(socket, "connect");
  const framing = length === "chunked" ? "transfer-encoding: chunked" : `content-length: ${length}`;
  socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${framing}\r\n\r\n`);
  await write((text) => void socket.write(text));
  await closed;
  const [head, body] = answer.split("\r\n\r\n");
  return { status: Number(/ (\d+)/.exec(head!)?.[1]), body: body! };
}
type Write = (send: (text: string) => void) => Promise<void> | void;

const stops: Write = (say) => say("x");

const SLOW: Record<string, { length: number | "chunked"; write: Write }> = {
  "a short body that stops": { length: 10, write: stops },
  "a long body that stops": { length: 1_000_000, write: stops },
  "a chunked body that stops": { length: "chunked", write: (say) => say("1\r\nx\r\n") },
  "a body that comes letter by letter": {
    length: 100_000,
    async write(say) {
      for (let letter = 0; letter < 30; letter++) {
        say("x");
        await sleep(50);
      }
    },
  },
};

test.each(Object.entries(SLOW))(
  "%s is answered with 408, and holds nothing any more",
  async (_, sent) => {
    const { port, bodies } = await serve();
    const { status, body } = await send(port, sent);
    expect({ status, code: (JSON.parse(body) as { code: string }).code }).toEqual({
      status: 408,
      code: "body_too_slow",
    });
    expect(bodies.held).toEqual({ memory: 0, disk: 0 });
  },
);

test("the longer a body is, the faster it has to come: whole in the time that any body has", async () => {
  const { port } = await serve({ ...RATE, wholeMs: 3000 });
  const { status } = await send(port, {
    length: 1_000_000,
    async write(say) {
      // Ten times the least rate of a short one.
      for (let part = 0; part < 20; part++) {
        say("x".repeat(500));
        await sleep(100);
      }
    },
  });
  expect(status).toBe(408);
});

test("a body that comes as fast as it has to is taken, however long it takes", async () => {
  const { port } = await serve();
  const parts = Array.from({ length: 20 }, () => "x".repeat(4000));
  const answer = await send(port, {
    length: 80_000,
    async write(say) {
      for (const part of parts) {
        say(part);
        await sleep(100);
      }
    },
  });
  expect(answer).toEqual({ status: 200, body: "80000" });
});

test("nobody is held to it while the server itself does something else, nor who is vouched for", async () => {
  const { port } = await serve();
  const busy = send(port, {
    length: 200_000,
    async write(say) {
      say("x".repeat(100_000));
      await sleep(50);
      say("x".repeat(100_000));
      // The bytes are in the socket when the time is over.
      await sleep(1);
      const until = performance.now() + 3 * RATE.ms;
      while (performance.now() < until);
    },
  });
  expect(await busy).toEqual({ status: 200, body: "200000" });
  const slow = send(port, {
    path: "/vouched",
    length: 4,
    async write(say) {
      for (const letter of "slow") {
        say(letter);
        await sleep(2 * RATE.ms);
      }
    },
  });
  expect(await slow).toEqual({ status: 200, body: "4" });
});
