import { spawn } from "node:child_process";
import { once } from "node:events";

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
  const lock = hold([file]);
  signal.addEventListener("abort", lock.giveUp, { once: true });
  try {
    const isHeld = await lock.held;
    signal.throwIfAborted();
    if (!isHeld) throw new Error(`${file} can't be locked: is flock (util-linux) there?`);
    signal.removeEventListener("abort", lock.giveUp);
    return await work();
  } finally {
    signal.removeEventListener("abort", lock.giveUp);
    await lock.giveBack();
  }
}

/** Runs `work` only where the lock is free. */
export async function ifUnlocked(file: string, work: () => Promise<void>): Promise<void> {
  const lock = hold(["--nonblock", file]);
  try {
    if (await lock.held) await work();
  } finally {
    await lock.giveBack();
  }
}

function hold(args: readonly string[]) {
  // Says a line once it has the lock, and keeps it until its standard input ends.
  const holder = spawn("flock", [...args, "sh", "-c", "echo; exec cat"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const gone = once(holder, "close").catch((error: unknown) => error);
  return {
    held: Promise.race([once(holder.stdout, "data").then(() => true), gone.then(() => false)]),
    giveUp: () => void holder.kill("SIGKILL"),
    async giveBack() {
      holder.stdin.end();
      holder.stdout.resume();
      await gone;
    },
  };
}
