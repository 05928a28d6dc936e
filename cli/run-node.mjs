// Plain JavaScript for any Node: both the command and the npm scripts give way to another Node by it.
import { spawn } from "node:child_process";
import { constants } from "node:os";

/**
 * Runs `node args` in the foreground: signals are passed on, and its exit is ours.
 *
 * @param {string} node
 * @param {string[]} args
 */
export function runNode(node, args) {
  const child = spawn(node, args, { stdio: "inherit" });
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGINT", "SIGHUP"])) {
    process.on(signal, () => child.kill(signal));
  }
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + (signal ? constants.signals[signal] : 0);
  });
  child.on("error", (error) => {
    process.stderr.write(`error: ${node} could not be started: ${error.message}\n`);
    process.exitCode = 1;
  });
}
