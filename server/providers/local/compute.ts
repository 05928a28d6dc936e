import { spawn } from "node:child_process";
import { mkdir, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { setPriority } from "node:os";
import { join } from "node:path";
import type { Compute, LaunchSpec, ProvidedMachine } from "../compute.ts";
import { effortOf } from "./process-tree.ts";

export interface LocalComputeOptions {
  /** Each launch gets a folder below this one. */
  folder: string;
  /**
   * Where Node keeps compiled code. Somebody waits for each machine, and reading what an earlier one
   * compiled took 100 ms off the 250 until its first claim.
   */
  compileCache: string;
  /** How a responder is started; `--launch FILE --state FOLDER` is added. */
  responder: { command: string; args: string[] };
  /** Called when a machine's process ended, by itself or not. Nobody saw how one of an earlier server did. */
  onExit: (launchId: string, exit?: MachineExit) => void;
}

/** How a machine's process ended. */
export interface MachineExit {
  code: number | null;
  signal: string | null;
  /** The end of what the responder logged, or why it never began. */
  lastWords: string;
}

/** Whoever waits for the server's answer goes first: webhooks' senders have no patience, runs take longer anyway. */
const NICENESS = 5;

/** Nobody is told of the end of a process that another one started. */
const LOOK_MS = 1000;

interface ProcessFile {
  pid: number;
  /** The process's start in clock ticks: tells it from a later one with the same number. */
  started: string;
}

/**
 * Machines that are process groups on the server's own host. A machine's folder is named after its
 * launch, so a launch that is repeated finds the process of the first.
 */
export function createLocalCompute(options: LocalComputeOptions): Compute {
  const folderOf = (launchId: string) => join(options.folder, launchId);
  /** Machines of whose end we hear: those started here, and those of an earlier server that were listed. */
  const watched = new Set<string>();

  async function readFileOf(launchId: string): Promise<ProcessFile | undefined> {
    try {
      const text = await readFile(join(folderOf(launchId), "process.json"), "utf8");
      return JSON.parse(text) as ProcessFile;
    } catch {
      return undefined; // No file, or one cut short by a crash: no process that we know of.
    }
  }

  const isAlive = async ({ pid, started }: ProcessFile) => (await startOf(pid)) === started;

  async function readProcess(launchId: string): Promise<ProcessFile | undefined> {
    const file = await readFileOf(launchId);
    return file && (await isAlive(file)) ? file : undefined;
  }

  function ended(launchId: string, exit?: MachineExit): void {
    if (watched.delete(launchId)) options.onExit(launchId, exit);
  }

  function watch(launchId: string, file: ProcessFile): void {
    if (watched.has(launchId)) return;
    watched.add(launchId);
    const look = async () => {
      if (await isAlive(file)) return;
      clearInterval(timer);
      ended(launchId);
    };
    const timer = setInterval(() => void look(), LOOK_MS);
    timer.unref();
  }

  async function destroy(launchId: string): Promise<void> {
    const running = await readProcess(launchId);
    if (running) {
      signalGroup(running.pid, "SIGTERM");
      if (!(await hasEnded(running.pid, 3000))) signalGroup(running.pid, "SIGKILL");
      // One that hangs in the kernel ends when it is let go: its folder stays, so that it is found again.
      if (!(await hasEnded(running.pid, 3000))) {
        throw new Error(`Process ${running.pid} of machine ${launchId} can't be killed.`);
      }
    }
    await rm(folderOf(launchId), { recursive: true, force: true });
  }

  return {
    name: "local",
    restarts: false,
    outlivesServer: false,

    async launch(spec: LaunchSpec) {
      if (await readProcess(spec.launchId)) return { providerId: spec.launchId };
      const folder = folderOf(spec.launchId);
      const state = join(folder, "state");
      await mkdir(state, { recursive: true, mode: 0o700 });
      // Before Node makes it, which would leave it open to others.
      await mkdir(options.compileCache, { recursive: true, mode: 0o700 });
      const launchFile = join(folder, "launch.json");
      await writeFile(launchFile, JSON.stringify(spec.launchFile), { mode: 0o600 });
      const logFile = join(folder, "responder.log");
      const log = await open(logFile, "a", 0o600);
      watched.add(spec.launchId);
      const child = spawn(
        options.responder.command,
        [...options.responder.args, "--launch", launchFile, "--state", state],
        {
          cwd: folder,
          detached: true,
          stdio: ["ignore", "ignore", log.fd],
          env: {
            PATH: process.env["PATH"] ?? "/usr/bin:/bin",
            NODE_COMPILE_CACHE: options.compileCache,
          },
        },
      );
      const exited = new Promise<MachineExit>((resolve) => {
        child.once("error", ({ message }) => {
          resolve({ code: null, signal: null, lastWords: message });
        });
        child.once("exit", (code, signal) => {
          void tailOf(logFile).then((lastWords) => resolve({ code, signal, lastWords }));
        });
      });
      void exited.then((exit) => ended(spec.launchId, exit));
      await log.close();
      const started = child.pid === undefined ? undefined : await startOf(child.pid);
      if (child.pid === undefined || started === undefined) {
        throw new Error(`The responder ended at once: ${JSON.stringify(await exited)}`);
      }
      const file: ProcessFile = { pid: child.pid, started };
      await writeFile(join(folder, "process.json"), JSON.stringify(file), { mode: 0o600 });
      await giveWay(child.pid);
      child.unref();
      return { providerId: spec.launchId };
    },

    async start() {
      throw new Error("A local machine that was stopped is gone; launch another.");
    },

    async list(): Promise<ProvidedMachine[]> {
      const launchIds = await readdir(options.folder).catch(() => []);
      const machines = launchIds.map(async (launchId): Promise<ProvidedMachine> => {
        const file = await readFileOf(launchId);
        const running = file !== undefined && (await isAlive(file));
        const machine = { launchId, providerId: launchId };
        if (running) {
          watch(launchId, file);
          return { ...machine, state: "running" };
        }
        // Without its file it may just be on its way.
        return { ...machine, state: "stopped", over: file !== undefined };
      });
      return Promise.all(machines);
    },

    stop: destroy,
    destroy,

    async effort(launchId) {
      const running = await readProcess(launchId);
      return running && effortOf(running.pid);
    },
  };
}

async function giveWay(pid: number): Promise<void> {
  try {
    setPriority(pid, NICENESS);
    // Where Linux shares the processors among sessions, as it does by default, the session's own counts.
    await writeFile(`/proc/${pid}/autogroup`, String(NICENESS));
  } catch {
    // It ended already, or there is no such file: a machine that is as important as the server is one too.
  }
}

async function tailOf(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.slice(-2000);
}

/** Field 22 of the process's status, or undefined where there is no such process or it is a zombie. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/stat`, "utf8");
    const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

async function hasEnded(pid: number, withinMs: number): Promise<boolean> {
  for (const end = Date.now() + withinMs; Date.now() < end;) {
    if ((await startOf(pid)) === undefined) return true;
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
