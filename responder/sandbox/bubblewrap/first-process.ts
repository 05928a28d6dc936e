import { setTimeout as sleep } from "node:timers/promises";
import { isProcessAlive, readStartTime } from "../../process/process-tree.ts";
import { SandboxError } from "../result.ts";

/** The kernel clears away gigabytes and thousands of processes in much less. */
const DEATH_MS = 10_000;

/**
 * The sandbox's first process (PID 1), by the host's id that bubblewrap reports. The kernel kills the whole pid
 * namespace with it, and no process can leave the namespace.
 */
export function firstProcess(status: string) {
  const [, text] = /(?:"child-pid": |^pid )(\d+)/m.exec(status) ?? [];
  const pid = Number(text);
  const started = text && readStartTime(pid);
  if (!started) throw new SandboxError("the sandbox's first process was not reported");
  return {
    pid,
    kill() {
      // The id may have been reused.
      if (!isProcessAlive(pid, started)) return;
      try {
        process.kill(pid, "SIGKILL");
      } catch (error) {
        // It ended since: the kernel kills it, too, where the sandbox runs out of memory.
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    },
    /** Polls, since the kernel reports the end to the parent alone, which is bubblewrap; the next run waits for it. */
    async dead(): Promise<boolean> {
      for (const end = performance.now() + DEATH_MS; isProcessAlive(pid, started); await sleep(1)) {
        if (performance.now() > end) return false;
      }
      return true;
    },
  };
}
