import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { OperationOf } from "../messages.ts";

const FULL_PIPE_WAIT_MS = 5;

export interface ChildEnd {
  readonly exit_code: number | null;
  readonly signal: string | null;
}

/**
 * With `--apart` each program has a session of its own, and a signal reaches all of its processes. That needs a
 * sandbox which ends together with the supervisor.
 */
const apart = process.argv.includes("--apart");
/** Programs of `run` and `ask` that have not ended. */
const commands = new Set<ChildProcess>();

export const isAnyRunning = (): boolean => commands.size > 0;

export function terminateCommands(): void {
  for (const child of commands) signalChild(child, "SIGTERM");
}

/** Runs a program with our output. The mark after it tells where in each stream its own output ends. */
export async function executeCommand({ mark, ...program }: OperationOf<"run">): Promise<ChildEnd> {
  const out = [reopen(1), reopen(2)] as const;
  const child = startChild(program, out);
  for (const fd of out) if (fd > 2) closeSync(fd);
  const { failure, ...end } = await command(child, "exit");
  if (failure !== undefined) await writeAll(2, `${failure}\n`);
  await writeMark(mark);
  return end;
}

/** Writes the mark that ends a program's output to both streams. */
export async function writeMark(mark: string): Promise<void> {
  for (const fd of [1, 2]) await writeAll(fd, mark);
}

/** Runs a program and answers the last `keep` bytes of its output. */
export async function ask({ keep, ...program }: OperationOf<"ask">) {
  const child = startChild(program, "pipe");
  let output = Buffer.alloc(0);
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (bytes: Buffer) => {
      output = Buffer.concat([output, bytes]).subarray(-keep);
    });
  }
  const { failure, ...end } = await command(child, "close");
  return { ...end, output: failure ?? output.toString() };
}

export async function command(child: ChildProcess, event: "exit" | "close") {
  commands.add(child);
  const end = await childEnd(child, event);
  commands.delete(child);
  return end;
}

export function startChild(
  { argv: [program, ...args], cwd, env }: Pick<OperationOf<"run">, "argv" | "cwd" | "env">,
  out: readonly [number, number] | "pipe",
): ChildProcess {
  const outputs = out === "pipe" ? (["pipe", "pipe"] as const) : out;
  return spawn(program, args, { cwd, env, detached: apart, stdio: ["ignore", ...outputs] });
}

export function childEnd(
  child: ChildProcess,
  event: "exit" | "close",
): Promise<ChildEnd & { failure?: string }> {
  return new Promise((resolve) => {
    child.once(event, (exit_code, signal) => resolve({ exit_code, signal }));
    child.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "ENOENT" ? "command not found" : error.message;
      resolve({ exit_code: 127, signal: null, failure: `${child.spawnfile}: ${why}` });
    });
  });
}

export function signalChild(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(apart ? -child.pid : child.pid, signal);
  } catch {
    // All of it has ended.
  }
}

/** The same pipe with flags of its own: a program that sets it to non-blocking affects no other. */
function reopen(fd: 1 | 2): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY);
  } catch {
    return fd;
  }
}

/** Writes all of it, although a command may have set our output to non-blocking. */
export async function writeAll(fd: number, output: string | Buffer): Promise<void> {
  for (let left = typeof output === "string" ? Buffer.from(output) : output; left.length > 0;) {
    try {
      left = left.subarray(writeSync(fd, left));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return;
      await sleep(FULL_PIPE_WAIT_MS);
    }
  }
}
