import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

/** A port that nobody listens at, for a server whose address has to be known before it starts. */
export async function freePort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}
