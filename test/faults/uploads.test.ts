import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { changed, startIntercepted } from "../systems/in-process.ts";

const SIZE = 600_000;

/** Between responder and storage: passes on `bytes(1)` of the first connection's, and so on, then cuts it. */
async function cuttingProxy(bytes: (connection: number) => number, target: () => string) {
  let connections = 0;
  const sockets = new Set<Socket>();
  const proxy = createServer((from) => {
    const to = connect(Number(new URL(target()).port), "127.0.0.1");
    let left = bytes(++connections);
    const cut = () => {
      from.destroy();
      to.destroy();
    };
    for (const socket of [from, to]) {
      sockets.add(socket);
      socket.on("error", cut).on("close", cut);
    }
    from.on("data", (chunk: Buffer) => {
      to.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) to.end(cut);
    });
    // Whose line is cut hears no more, be it what the server thinks of half a body.
    to.on("data", (chunk: Buffer) => left > 0 && from.write(chunk));
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  const { port } = proxy.address() as AddressInfo;
  return { port, connections: () => connections };
}

test("an upload that is cut off, early or late, is sent again whole and leaves nothing half", async () => {
  const proxy = await cuttingProxy(
    (connection) => [0, 1, 200_000][connection] ?? Infinity,
    () => server.url,
  );
  const server = await startIntercepted(async (request, passOn) => {
    const response = await passOn(request);
    if (!request.url.endsWith("/artifacts")) return response;
    const { uploads } = (await response.clone().json()) as { uploads: { url: string }[] };
    const through = uploads.map((upload) => {
      const url = new URL(upload.url);
      url.port = String(proxy.port);
      return { ...upload, url: url.href };
    });
    return changed(response, { uploads: through });
  });
  const run = await server.run(`head -c ${SIZE} /dev/zero >artifacts/zeros.bin\n`);
  const result = await server.result(run);
  expect(result).toMatchObject({ state: "succeeded", attempt: 1 });
  const file = await fetch(result.artifacts[0]!.url);
  expect((await file.arrayBuffer()).byteLength).toBe(SIZE);
  expect(proxy.connections()).toBe(3);
  // The server takes note of a connection that was cut when it gets to it.
  await expect.poll(() => readdir(join(server.data, "storage", "parts"))).toEqual([]);
});
