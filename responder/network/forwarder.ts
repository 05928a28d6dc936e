import type { Socket } from "node:net";

/** Where programs of blocks find their proxy: each sandbox has a loopback of its own. */
export const FORWARDED_PORT = 3128;

/**
 * What leads from a sandbox's own loopback to a unix socket that was put into it, as the text of a program. It
 * writes a line to descriptor 9 once it listens, and closes that.
 *
 * The text is the function's own: it refers to nothing outside of itself.
 */
export function forwarderText(): string {
  return `(${forward.toString()})();\n`;
}

function forward(): void {
  const fs = process.getBuiltinModule("node:fs");
  const net = process.getBuiltinModule("node:net");
  const READY = 9;
  const [, , path = "", port] = process.argv;
  process.title = "network";
  // Else Node would open its debugger to the program.
  process.on("SIGUSR1", () => {});
  const server = net.createServer({ allowHalfOpen: true }, (near: Socket) => {
    const far = net.connect({ path, allowHalfOpen: true });
    near.pipe(far).pipe(near);
    near.on("error", () => far.destroy()).on("close", () => far.destroy());
    far.on("error", () => near.destroy()).on("close", () => near.destroy());
  });
  server.listen(Number(port), "127.0.0.1", () => {
    fs.writeSync(READY, "listening\n");
    fs.closeSync(READY);
  });
}
