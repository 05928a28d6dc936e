import { spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Holds the lock on `file` while `work` runs, against every process of this machine. The kernel keeps it, so
 * one that is killed leaves nothing behind.
 */
export async function withLock<Value>(
  file: string,
  signal: AbortSignal,
  work: () => Promise<Value>,
): Promise<Value> {
  signal.throwIfAborted();
  // Says a line once it has the lock, and keeps it until its standard input ends.
  const holder = spawn("flock", [file, "sh", "-c", "echo; exec cat"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const gone = once(holder, "close").catch((error: unknown) => error);
  const giveUp = () => holder.kill("SIGKILL");
  try {
    signal.addEventListener("abort", giveUp, { once: true });
    const held = await Promise.race([once(holder.stdout, "data"), gone.then(() => undefined)]);
    signal.throwIfAborted();
    if (held === undefined)
      throw new Error(`${file} can't be locked: is flock (util-linux) there?`);
    signal.removeEventListener("abort", giveUp);
    return await work();
  } finally {
    signal.removeEventListener("abort", giveUp);
    holder.stdin.end();
    holder.stdout.resume();
    await gone;
  }
}
