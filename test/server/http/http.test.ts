import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import type { InferOutput } from "valibot";
import { expect, onTestFinished, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import type { ManifestAnswerSchema } from "../../../protocol/responder.ts";
import { listen } from "../../../server/http/listen.ts";
import { codeOf, eventsOf, startSystem, type System } from "../system.ts";

/** Sends bytes as they are and gives back what comes until the server closes. */
async function sendRaw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.write(bytes);
  return text(socket);
}

async function listening(system: System, options: { requestMs?: number } = {}) {
  const listener = await listen("127.0.0.1", 0, (request) => system.app.fetch(request), options);
  onTestFinished(() => listener.close());
  return listener.port;
}

test("a method that an address does not take is answered with those it takes", async () => {
  const system = await startSystem();
  const { id } = await system.run();
  const cases = [
    ["PUT", paths.runs, "POST"],
    ["POST", paths.run(id), "GET, HEAD, DELETE"],
    ["POST", "/v1/responder/nothing", undefined],
    ["GET", paths.responder.claim, "POST"],
    ["DELETE", "/deferred-runner.js", "GET, HEAD"],
  ] as const;
  for (const [method, path, allow] of cases) {
    const response = await system.call(method, path);
    expect(response.headers.get("allow")).toBe(allow ?? null);
    expect(await codeOf(response)).toBe(allow ? "method_not_allowed" : "not_found");
  }
  const public_ = await system.call("PUT", paths.runs);
  expect(public_.headers.get("access-control-allow-origin")).toBe("*");
});

test("HEAD says what GET would, and leaves no file open and no run followed", async () => {
  const system = await startSystem();
  const { id } = await system.run();
  const machine = await system.machine();
  const held = await machine.claimOne();
  // Longer than what is read ahead: a small file is closed before anybody asks.
  const content = Buffer.alloc(1_000_000);
  const sha256 = createHash("sha256").update(content).digest("hex");
  const artifact = { name: "zeros", type: "text/plain", size: content.length, sha256 };
  const manifest = { attempt: held.attempt, artifacts: [artifact] };
  const announced = await machine.post(paths.responder.artifacts(id), manifest);
  const { uploads } = (await announced.json()) as InferOutput<typeof ManifestAnswerSchema>;
  const { url, headers } = uploads[0]!;
  expect((await system.app.request(url, { method: "PUT", headers, body: content })).status).toBe(
    200,
  );
  await machine.finish(held, {}, { artifacts: [artifact] });
  const stored = (await system.view(id)).ending!.artifacts[0]!.url;
  const open = async () => (await readdir("/proc/self/fd")).length;
  const before = await open();
  for (let repeat = 0; repeat < 100; repeat++) {
    const head = await system.app.request(stored, { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe("1000000");
    expect((await system.call("HEAD", paths.runEvents(id))).status).toBe(200);
    await system.call("HEAD", paths.run(id), undefined, { accept: "text/plain" });
  }
  expect(await open()).toBeLessThan(before + 20);
});

test.for([
  ["bytes=0-3", 206, 4],
  ["bytes=4-", 206, undefined],
  ["bytes=0-999999999", 206, undefined],
  ["bytes=999999999-", 416, 0],
  ["bytes=3-1", 416, 0],
  ["bytes=-5", 200, undefined],
  ["bytes=0-1,3-4", 200, undefined],
  [`bytes=${"9".repeat(400)}-`, 416, 0],
] as const)("a result for the range %s is answered %i", async ([range, status, length]) => {
  const system = await startSystem();
  const { result_url } = await system.run();
  const machine = await system.machine();
  await machine.finish(await machine.claimOne());
  const whole = await (await system.app.request(result_url)).text();
  const response = await system.app.request(result_url, { headers: { range } });
  const part = await response.text();
  expect(response.status).toBe(status);
  expect(whole).toContain(part);
  if (length !== undefined) expect(part).toHaveLength(length);
});

test("a place after the last event is taken for the last: nothing is sent twice, and the end comes", async () => {
  const system = await startSystem();
  const { id } = await system.run();
  const machine = await system.machine();
  const held = await machine.claimOne();
  const headers = { "last-event-id": "999999999" };
  const followed = eventsOf(await system.call("GET", paths.runEvents(id), undefined, headers));
  await system.view(id); // Queries take turns: the follower has looked by now.
  await machine.finish(held);
  expect((await followed).map((event) => event.data.type)).toEqual(["ended"]);
});

test("bodies that never end, or end early, are cut off, and nothing of them stays", async () => {
  const system = await startSystem();
  const port = await listening(system, { requestMs: 300 });
  const start = `POST ${paths.runs} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`;
  expect(await sendRaw(port, `${start}content-length: 100\r\n\r\n{"block":`)).toMatch(
    /^(HTTP\/1.1 (408|400)|$)/,
  );
  expect(await sendRaw(port, `${start}transfer-encoding: chunked\r\n\r\n5\r\n{"blo\r\n`)).toMatch(
    /^(HTTP\/1.1 (408|400)|$)/,
  );
  const socket = connect(port, "127.0.0.1");
  socket.write(`${start}content-length: 100\r\n\r\n{"block":`, () => socket.destroy());
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  expect(system.logged.filter((line) => line.msg === "request failed")).toEqual([]);
});

test.for([
  ["no host", "GET / HTTP/1.1\r\nconnection: close\r\n\r\n"],
  ["a host that is none", "GET /healthz HTTP/1.1\r\nhost: a b\r\nconnection: close\r\n\r\n"],
  [
    "a host beyond all addresses",
    "POST /v1/wake HTTP/1.1\r\nhost: 99999999999\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}",
  ],
  [
    "a page of a host beyond all addresses",
    "GET /private/x HTTP/1.1\r\nhost: 1.2.3.999\r\nconnection: close\r\n\r\n",
  ],
  [
    "an address with a host of its own",
    "GET http://x.example/v1/runs/x HTTP/1.1\r\nhost: y\r\nconnection: close\r\n\r\n",
  ],
  [
    "a path that leaves its folder",
    "GET /results/../../secret HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
  ],
  [
    "a folder of an upload that is left",
    "PUT /v1/uploads/..%2f..%2fsecret?size=1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 1\r\n\r\nx",
  ],
  [
    "an address of 60 KB",
    `GET /${"a".repeat(60_000)} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
  ],
  ["a line that is no request", "hello\r\n\r\n"],
  ["a star", "OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"],
] as const)("%s is refused with a status of the caller's", async ([, bytes]) => {
  const system = await startSystem();
  const answer = await sendRaw(await listening(system), bytes);
  expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
});
