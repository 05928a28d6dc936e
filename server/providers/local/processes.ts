import { readFile, writeFile } from "node:fs/promises";
import { setPriority } from "node:os";

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
  try {
    const status = await readFile(`/proc/${pid}/stat`, "utf8");
    const [state, ...rest] = status.slice(status.lastIndexOf(")") + 2).split(" ");
    // Field 22 of the status.
    const started = rest[18];
    return state === "Z" || started === undefined ? undefined : { pid, started };
  } catch {
    return undefined;
  }
}

export async function isRunning({ pid, started }: ProcessIdentity): Promise<boolean> {
  return (await identifyProcess(pid))?.started === started;
}

/** Ends a process group. Throws where it can't be killed. */
export async function killGroup({ pid }: ProcessIdentity): Promise<void> {
  signalGroup(pid, "SIGTERM");
  if (!(await hasEnded(pid, 3000))) signalGroup(pid, "SIGKILL");
  if (!(await hasEnded(pid, 3000))) throw new Error(`Process ${pid} can't be killed.`);
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

async function hasEnded(pid: number, withinMs: number): Promise<boolean> {
  for (const end = Date.now() + withinMs; Date.now() < end;) {
    if ((await identifyProcess(pid)) === undefined) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

/** Signals the whole group, which may outlive its leader. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
