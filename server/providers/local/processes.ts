import { readdir, readFile, writeFile } from "node:fs/promises";
import { setPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** Runs have lower priority than the server, since senders of webhooks time out. */
const NICENESS = 5;

/** Identifies a process even if its pid is reused. */
export interface ProcessIdentity {
  pid: number;
  /** Its start in clock ticks. */
  started: string;
}

/** Undefined where there is no such process, or it is a zombie. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  const running = await readProcess(pid);
  return running && { pid, started: running.started };
}

export async function isRunning({ pid, started }: ProcessIdentity): Promise<boolean> {
  return (await identifyProcess(pid))?.started === started;
}

/** Ends all processes of a group, by its leader. Throws where one can't be killed. */
export async function killGroup({ pid }: ProcessIdentity): Promise<void> {
  signalGroup(pid, "SIGTERM");
  if (!(await groupEnds(pid, 3000))) signalGroup(pid, "SIGKILL");
  if (!(await groupEnds(pid, 3000))) throw new Error(`Process group ${pid} can't be killed.`);
}

/** Lowers the priority of a process and of its session. */
export async function lowerPriority(pid: number): Promise<void> {
  try {
    setPriority(pid, NICENESS);
    // With autogroups, Linux's default, only the session's priority counts against other sessions.
    await writeFile(`/proc/${pid}/autogroup`, String(NICENESS));
  } catch {
    // The process has ended, or this kernel has no autogroups. The priority is only an optimization.
  }
}

async function groupEnds(group: number, withinMs: number): Promise<boolean> {
  for (const end = Date.now() + withinMs; Date.now() < end;) {
    if (!(await isGroupRunning(group))) return true;
    await sleep(20);
  }
  return false;
}

async function isGroupRunning(group: number): Promise<boolean> {
  if (await identifyProcess(group)) return true;
  // Members may run on after their leader. Zombies count for `kill`, and an init process may never collect them.
  if (!signalGroup(group, 0)) return false;
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const processes = await Promise.all(pids.map((pid) => readProcess(Number(pid))));
  return processes.some((running) => running?.group === group);
}

/** Undefined where there is no such process, or it is a zombie. */
async function readProcess(pid: number): Promise<{ group: number; started: string } | undefined> {
  const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The name, the second field, may contain blanks and brackets. Fields 3, 5 and 22 of proc(5) are read.
  const [state, , group, ...rest] = status.slice(status.lastIndexOf(")") + 2).split(" ");
  const started = rest[16];
  return state === "Z" || started === undefined ? undefined : { group: Number(group), started };
}

/** Signals the whole group, which may outlive its leader. Returns whether the group has processes. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    return false;
  }
}
