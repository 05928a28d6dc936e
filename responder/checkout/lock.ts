import { spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";

/**
 * Holds the lock on `file` while `work` runs, against every process of this machine. The kernel releases it when the
 * holder is killed.
 */
export async function withLock<Value>(
  file: string,
  signal: AbortSignal,
  work: () => Promise<Value>,
): Promise<Value> {
  signal.throwIfAborted();
  const lock = await hold(file, [], signal);
  try {
    signal.throwIfAborted();
    if (!lock.isHeld) throw new Error(`${file} can't be locked: is flock (util-linux) there?`);
    return await work();
  } finally {
    await lock.release();
  }
}

/** Runs `work` only where the lock is free. */
export async function ifUnlocked(file: string, work: () => Promise<void>): Promise<void> {
  const lock = await hold(file, ["--nonblock"]);
  try {
    if (lock.isHeld) await work();
  } finally {
    await lock.release();
  }
}

/** `flock` locks this process's own open file, so that the lock outlives it until the file is closed. */
async function hold(file: string, args: readonly string[], signal?: AbortSignal) {
  const handle = await open(file, "a");
  const flock = spawn("flock", [...args, "3"], {
    stdio: ["ignore", "ignore", "ignore", handle.fd],
    signal,
    killSignal: "SIGKILL",
  });
  const status = await once(flock, "close").then(
    ([code]) => code as number | null,
    () => null, // It is not installed, or `signal` ended it.
  );
  return { isHeld: status === 0, release: () => handle.close() };
}
