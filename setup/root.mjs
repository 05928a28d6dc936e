import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** @param {string[]} path */
export const inRoot = (...path) => join(ROOT, ...path);

/** Progress goes to stderr: stdout belongs to the program that is set up. @param {string} line */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** The project can't be set up. The message is one sentence that says what to do. */
export class SetupError extends Error {
  /** @override */
  name = "SetupError";
}

/**
 * Runs a step to its end. Its output is shown only if it fails.
 *
 * @param {string} what A line for the person who waits.
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
export function step(what, command, args, env = process.env) {
  const began = Date.now();
  say(`setup: ${what}`);
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, {
    cwd: ROOT,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) {
    say(`setup: done in ${((Date.now() - began) / 1000).toFixed(1)} s`);
    return;
  }
  process.stderr.write(`${stdout ?? ""}${stderr ?? ""}`);
  const how = error?.message ?? (signal ? `was ended by ${signal}` : `ended with ${status}`);
  throw new SetupError(`error: "${[command, ...args].join(" ")}" ${how}.`);
}
