import { closeSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import { relayTo } from "../relay.ts";

// The forwarder of a block's sandbox: `forward.cjs SOCKET PORT` relays a port of the sandbox's own loopback to
// the proxy's socket. It writes a line to descriptor 9 once it listens, and closes it.

const READY = 9;
const [, , path = "", port] = process.argv;
process.title = "network";
// Otherwise Node would open its debugger to the program.
process.on("SIGUSR1", () => {});
createServer({ allowHalfOpen: true }, relayTo(path)).listen(Number(port), "127.0.0.1", () => {
  writeSync(READY, "listening\n");
  closeSync(READY);
});
