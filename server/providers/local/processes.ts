import { readFile, writeFile } from "node:fs/promises";
import { setPriority } from "node:os";

/** Requests to the server go first: senders of webhooks time out, runs take longer anyway. */
const NICENESS = 5;

/** A process, told from a later one with the same number. */
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
    // Where Linux shares the processors among sessions, as it does by default, the session's priority counts.
    await writeFile(`/proc/${pid}/autogroup`, String(NICENESS));
  } catch {
    // The process has ended, or this kernel has no such file: a machine of full priority works as well.
  }
}

async function hasEnded(pid: number, withinMs: number): Promise<boolean> {
  for (const end = Date.now() + withinMs; Date.now() < end;) {
    if ((await identifyProcess(pid)) === undefined) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

/** The group outlives its leader, so the whole of it is signalled. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
