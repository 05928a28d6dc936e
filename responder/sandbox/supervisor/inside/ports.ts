import { connect, createServer, type Server } from "node:net";
import { relayTo } from "../../../network/relay.ts";

export const LOOPBACK = "127.0.0.1";
const CONNECT_MS = 1_000;

export function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, LOOPBACK);
    socket.setTimeout(CONNECT_MS, () => socket.destroy());
    socket.once("connect", () => {
      resolve(true);
      socket.destroy();
    });
    socket.once("error", () => resolve(false)).once("close", () => resolve(false));
  });
}

export async function freePort(): Promise<{ port: number }> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return { port };
}

/** Opens a port that leads to a unix socket inside. */
export async function forwardPort(socket: string): Promise<{ port: number }> {
  return { port: await listen(createServer({ allowHalfOpen: true }, relayTo(socket))) };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, LOOPBACK, () => {
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    });
  });
}
