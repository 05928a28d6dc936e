import { spawn, type ChildProcess } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { main } from "../../cli/program.ts";
import { COMMAND_LINE, COMPILED } from "../compiled.ts";

const LAUNCHER = join(import.meta.dirname, "../../cli/deferred.mjs");
/** Without a person's own settings and keys. */
const NO_CONFIG = join(tmpdir(), `deferred-no-config-${process.pid}`);
const SYSTEM = {
  PATH: process.env["PATH"],
  HOME: process.env["HOME"],
  XDG_CONFIG_HOME: NO_CONFIG,
};

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** What a command line sees: an empty standard input and no settings, unless given. */
export interface Surroundings {
  env?: Record<string, string>;
  cwd?: string;
  stdin?: string;
}

let isBusy = false;

/**
 * Runs a command line to its end in this process, which lends it streams, environment and folder meanwhile. A
 * second one at the same time becomes a process of its own.
 */
export async function runCommandLine(
  args: string[],
  surroundings: Surroundings = {},
): Promise<Ended> {
  if (isBusy) return spawnCommandLine(args, surroundings).ended;
  isBusy = true;
  const { env = {}, cwd = tmpdir(), stdin = "" } = surroundings;
  const stdout = capture();
  const stderr = capture();
  const undo = [
    replaceProperty("stdout", stdout.stream),
    replaceProperty("stderr", stderr.stream),
    replaceProperty("stdin", Readable.from(stdin === "" ? [] : [Buffer.from(stdin)])),
    replaceProperty("env", { ...SYSTEM, ...env }),
  ];
  const folder = process.cwd();
  process.chdir(cwd);
  try {
    const code = await main(args);
    return { code, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    process.chdir(folder);
    for (const each of undo) each();
    isBusy = false;
  }
}

/**
 * Starts a command line as a process of its own, as it is built: a server of the sources takes twice the CPU to start.
 * `node` is what starts the launcher instead.
 */
export function spawnCommandLine(
  args: string[],
  { env, cwd = tmpdir(), stdin = "", node }: Surroundings & { node?: string },
): { child: ChildProcess; ended: Promise<Ended>; output: () => string } {
  const [command, program] = node ? [node, LAUNCHER] : [process.execPath, COMMAND_LINE];
  const child = spawn(command, [program, ...args], {
    cwd,
    env: { ...SYSTEM, ...COMPILED, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.on("error", () => {});
  child.stdin.end(stdin);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended, output: () => stdout + stderr };
}

function capture() {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString("utf8") };
}

/** Puts `value` in the place of a property of the process; returns what undoes it. */
function replaceProperty(name: string, value: unknown): () => void {
  const original = Object.getOwnPropertyDescriptor(process, name)!;
  Object.defineProperty(process, name, { value, configurable: true, writable: true });
  return () => void Object.defineProperty(process, name, original);
}
