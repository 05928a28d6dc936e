import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import * as v from "valibot";
import { expect, onTestFinished, test } from "vitest";
import { NothingYet, serverClient } from "../../../responder/client/server-client.ts";

test("a first line that came while the process was held up counts; one that does not come in time ends the call", async () => {
  let isFirst = true;
  const server = createServer((_, response) => {
    if (isFirst) response.end("1\n");
    isFirst = false;
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = serverClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(() => {
    client.close();
    server.closeAllConnections();
    server.close();
  });
  const lines: number[] = [];
  const call = () =>
    client.postForLines("/", {}, v.number(), (line) => lines.push(line), { firstMs: 50 });
  // The call is read once the server's side of this process goes on.
  server.once("request", () => {
    for (const end = performance.now() + 60; performance.now() < end;);
  });
  await call();
  expect(lines).toEqual([1]);
  await expect(call()).rejects.toBeInstanceOf(NothingYet);
});
