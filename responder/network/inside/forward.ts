import { spawn } from "node:child_process";
import { closeSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import { constants } from "node:os";
import { relayTo } from "../relay.ts";

// The forwarder inside a network namespace: `forward.cjs SOCKET PORT [COMMAND ...]` relays a port of the namespace's
// loopback to the proxy's socket. Once it listens it runs the command and exits with its status; without one it
// writes a line to descriptor 9 and stays.

const READY = 9;
const [, , socket = "", port, command, ...args] = process.argv;
process.title = "network";
// Otherwise Node would open its debugger to the program.
process.on("SIGUSR1", () => {});
createServer({ allowHalfOpen: true }, relayTo(socket)).listen(Number(port), "127.0.0.1", () => {
  if (command === undefined) {
    writeSync(READY, "listening\n");
    closeSync(READY);
    return;
  }
  const child = spawn(command, args, { stdio: "inherit" });
  child.once("error", (error) => {
    process.stderr.write(`fatal: ${command}: ${error.message}\n`);
    process.exit(127);
  });
  child.once("exit", (code, signal) =>
    process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
  );
});
