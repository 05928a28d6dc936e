import { connect, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { listen } from "../../../../server/http/listen.ts";
import { eventually } from "../../../eventually.ts";
import { needs } from "../../../needs.ts";

const own = Object.values(networkInterfaces())
  .flat()
  .find((one) => one && one.family === "IPv4" && !one.internal)?.address;

async function serve(limits: Parameters<typeof listen>[3], host = "127.0.0.1") {
  const listener = await listen(host, 0, () => new Response("here"), limits);
  const sockets: Socket[] = [];
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await listener.close();
  });
  return {
    port: listener.port,
    /** A connection that has been taken: true, or was closed: false. */
    async open(to = "127.0.0.1"): Promise<{ socket: Socket; taken: Promise<boolean> }> {
      const socket = connect(listener.port, to);
      sockets.push(socket);
      socket.on("error", () => {});
      await once(socket, "connect");
      // It may be closed by a reset, which `once` would take for a failure.
      const taken = new Promise<boolean>((resolve) => {
        socket.once("close", () => resolve(false)).once("data", () => resolve(true));
      });
      socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      return { socket, taken };
    },
  };
}

describe("connections", () => {
  test("are so many in all; one that ends makes room", async () => {
    const { open } = await serve({ connections: 3 });
    const first = await open();
    const others = [await open(), await open()];
    expect(await Promise.all([first, ...others].map(({ taken }) => taken))).toEqual([
      true,
      true,
      true,
    ]);
    expect(await (await open()).taken).toBe(false);
    first.socket.destroy();
    // The server hears of it after the next connection, it may be.
    await eventually(async () => (await (await open()).taken) || undefined);
  });

  test(
    "are so many from one address, but from this machine",
    needs(own !== undefined, "an address beside loopback"),
    async () => {
      const { open } = await serve({ connectionsOfAddress: 2 }, "0.0.0.0");
      for (let count = 0; count < 2; count++) expect(await (await open(own)).taken).toBe(true);
      expect(await (await open(own)).taken).toBe(false);
      for (let count = 0; count < 4; count++) expect(await (await open()).taken).toBe(true);
    },
  );

  test("that send their headers byte by byte are cut off, and keep nobody else waiting", async () => {
    const slowTo = (port: number) => {
      const socket = connect(port, "127.0.0.1").resume();
      socket.on("error", () => {});
      socket.write("GET / HTTP/1.1\r\nx: ");
      const drip = setInterval(() => socket.write("x"), 50);
      socket.once("close", () => clearInterval(drip));
      onTestFinished(() => void socket.destroy());
      return socket;
    };
    const [strict, patient] = [
      await serve({ requestMs: 600 }),
      await serve({ requestMs: 3_600_000 }),
    ];
    const waits = slowTo(patient.port);
    const slow = slowTo(strict.port);
    const ended = new Promise((resolve) => slow.once("close", resolve));
    expect(await (await strict.open()).taken).toBe(true);
    await ended;
    expect(waits.destroyed).toBe(false);
  });

  test("that send headers without end are refused", async () => {
    const { port } = await serve({});
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(`GET / HTTP/1.1\r\nhost: a\r\nx: ${"x".repeat(64 * 1024)}`);
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString()).toContain("431");
    socket.destroy();
  });
});
