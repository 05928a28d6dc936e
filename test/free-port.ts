import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Below what the kernel gives to whoever asks for any port, so that nobody is given this one while a server
 * that is to come back to it is away.
 */
const FROM = 12_000;
const WORKERS = 64;
const EACH = 300;

/** Each of the suite's workers has its own: no two take the same one. */
const own = FROM + (Number(process.env["VITEST_POOL_ID"] ?? process.pid) % WORKERS) * EACH;
let next = Math.floor(Math.random() * EACH);

/** A port that nobody listens at, for a server whose address has to be known before it starts, or to stay. */
export async function freePort(): Promise<string> {
  for (let tried = 0; tried < EACH; tried++) {
    const port = own + (next++ % EACH);
    const server = createServer();
    const taken = once(server, "error").then(() => true);
    server.listen(port, "127.0.0.1");
    if (await Promise.race([taken, once(server, "listening").then(() => false)])) continue;
    await new Promise((resolve) => server.close(resolve));
    return String(port);
  }
  throw new Error(`there is no port from ${own} on`);
}
