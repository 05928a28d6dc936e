import { readdirSync, readFileSync } from "node:fs";

/** How many processes of this host have `text` in their command line. */
export function processesWith(text: string): number {
  return processesWhere((command) => command.includes(text)).length;
}

/** Processes of this host, those in sandboxes too, whose command line is as wanted; a NUL ends each argument. */
export function processesWhere(matches: (command: string) => boolean): number[] {
  const pids = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid));
  return pids.filter((pid) => matches(textOf(`/proc/${pid}/cmdline`))).map(Number);
}

/** Whether a process is there, other than as an entry that nobody has taken note of. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !/^\d+ \(.*\) [ZX]/.test(textOf(`/proc/${pid}/stat`));
}

/** Ends a process, or by a negative number a group of them, as a power cut would; whether it was still there. */
export function killNow(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    return false;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // It has ended meanwhile.
  }
}
