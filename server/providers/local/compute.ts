import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, open, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Logger } from "pino";
import { is, number, object, string } from "valibot";
import { parseRuntime } from "../../../protocol/runtimes.ts";
import type { Compute, EndedMachine, LaunchSpec, ProvidedMachine } from "../compute.ts";
import { measureActivity } from "./process-tree.ts";
import {
  identifyProcess,
  isRunning,
  killGroup,
  lowerPriority,
  type ProcessIdentity,
} from "./processes.ts";

export interface LocalComputeOptions {
  /** Each launch gets a folder below this one. */
  folder: string;
  /**
   * Folder of what machines of this host learn once: Node's compiled code, which reduces the time until the first claim
   * from 250 to 150 ms, and the versions of interpreters, which take three processes to ask.
   */
  cache: string;
  /** The responder's command; `--launch FILE --state FOLDER` is added. */
  responder: { command: string; args: string[] };
  log: Logger;
}

/** Where a responder keeps the versions of interpreters, by the identity of their files. */
const RUNTIMES_FILE = "runtimes.json";

/** A responder's exit code on a machine without a working sandbox. */
const EXIT_NO_SANDBOX = 3;

/** Poll interval for processes that an earlier server started, whose end causes no event. */
const LOOK_MS = 1000;

interface ProcessExit {
  code: number | null;
  signal: string | null;
  /** The end of the responder's log, or why it did not start. */
  lastWords: string;
}

/**
 * Machines that are process groups on the server's own host. A machine's folder is named after its launch, so a
 * repeated launch finds the process of the first.
 */
export function createLocalCompute(options: LocalComputeOptions): Compute {
  const { log } = options;
  const folderFor = (launchId: string) => join(options.folder, launchId);
  /** Running machines: those started here, and listed ones of an earlier server. */
  const watched = new Set<string>();
  const listeners: ((end: EndedMachine) => void)[] = [];

  async function findRunning(launchId: string): Promise<ProcessIdentity | undefined> {
    const identity = await readIdentity(folderFor(launchId));
    return identity && (await isRunning(identity)) ? identity : undefined;
  }

  function reportEnd(launchId: string, exit?: ProcessExit): void {
    if (!watched.delete(launchId)) return;
    const facts = { machine: launchId, ...exit };
    // The log of a machine that ended normally is not needed.
    if (exit?.code === 0) log.info({ machine: launchId }, "a local machine went away");
    else if (exit) log.warn(facts, "a local machine ended");
    else log.warn(facts, "a local machine of an earlier server ended");
    const detail = exit?.lastWords ?? "It was an earlier server's.";
    for (const listener of listeners) listener({ launchId, reason: reasonFor(exit), detail });
  }

  function watch(launchId: string, identity: ProcessIdentity): void {
    if (watched.has(launchId)) return;
    watched.add(launchId);
    const look = async () => {
      if (await isRunning(identity)) return;
      clearInterval(timer);
      reportEnd(launchId);
    };
    const timer = setInterval(() => void look(), LOOK_MS);
    timer.unref();
  }

  async function destroy(launchId: string): Promise<void> {
    const running = await findRunning(launchId);
    // If killing fails, as for a process that hangs in the kernel, the folder stays, so that it is found again.
    if (running) await killGroup(running);
    await rm(folderFor(launchId), { recursive: true, force: true });
  }

  return {
    name: "local",
    restarts: false,
    outlivesServer: false,

    async launch(spec: LaunchSpec) {
      const { launchId } = spec;
      if (await findRunning(launchId)) return { providerId: launchId };
      const folder = folderFor(launchId);
      watched.add(launchId);
      const { child, exited } = await startResponder(folder, spec, options);
      void exited.then((exit) => reportEnd(launchId, exit));
      const identity = child.pid === undefined ? undefined : await identifyProcess(child.pid);
      if (!identity) {
        throw new Error(`The responder ended at once: ${JSON.stringify(await exited)}`);
      }
      await writeFile(identityFile(folder), JSON.stringify(identity), { mode: 0o600 });
      await lowerPriority(identity.pid);
      child.unref();
      return { providerId: launchId };
    },

    async start() {
      throw new Error("A local machine that was stopped is gone; launch another.");
    },

    async list(): Promise<ProvidedMachine[]> {
      const launchIds = await readdir(options.folder).catch(() => []);
      const machines = launchIds.map(async (launchId): Promise<ProvidedMachine> => {
        const identity = await readIdentity(folderFor(launchId));
        const machine = { launchId, providerId: launchId };
        if (identity && (await isRunning(identity))) {
          watch(launchId, identity);
          return { ...machine, state: "running" };
        }
        // A machine without an identity file may still be starting.
        return { ...machine, state: "stopped", over: identity !== undefined };
      });
      return Promise.all(machines);
    },

    stop: destroy,
    destroy,

    async activity(launchId) {
      const running = await findRunning(launchId);
      return running && measureActivity(running.pid);
    },

    onEnd: (listener) => void listeners.push(listener),
  };
}

async function startResponder(
  folder: string,
  { launchFile, runtime }: LaunchSpec,
  { cache, responder }: LocalComputeOptions,
): Promise<{ child: ChildProcess; exited: Promise<ProcessExit> }> {
  const state = join(folder, "state");
  // Node would make the cache readable by others.
  await Promise.all([state, cache].map((path) => mkdir(path, { recursive: true, mode: 0o700 })));
  const file = join(folder, "launch.json");
  const logFile = join(folder, "responder.log");
  const [log] = await Promise.all([
    open(logFile, "a", 0o600),
    writeFile(file, JSON.stringify(launchFile), { mode: 0o600 }),
    symlink(resolve(cache, RUNTIMES_FILE), join(state, RUNTIMES_FILE)).catch(ignoreExisting),
  ]);
  const first = runtime === undefined ? [] : ["--first", parseRuntime(runtime).name];
  const args = [...responder.args, "--launch", file, "--state", state, ...first];
  const child = spawn(responder.command, args, {
    cwd: folder,
    detached: true,
    stdio: ["ignore", "ignore", log.fd],
    env: {
      PATH: process.env["PATH"] ?? "/usr/bin:/bin",
      NODE_COMPILE_CACHE: cache,
    },
  });
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once("error", ({ message }) => resolve({ code: null, signal: null, lastWords: message }));
    child.once("exit", (code, signal) => {
      void readTail(logFile).then((lastWords) => resolve({ code, signal, lastWords }));
    });
  });
  await log.close();
  return { child, exited };
}

/** A repeated launch finds what the first one made. */
function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}

function reasonFor(exit: ProcessExit | undefined): EndedMachine["reason"] {
  if (exit?.code === 0) return "idle";
  // Killed from outside, or unknown: this does not predict failures of other machines.
  if (!exit || exit.signal !== null) return "machine_gone";
  return exit.code === EXIT_NO_SANDBOX ? "sandbox_missing" : "boot_failed";
}

function identityFile(folder: string): string {
  return join(folder, "process.json");
}

/** The recorded process; undefined if the file is missing or was truncated by a crash. */
async function readIdentity(folder: string): Promise<ProcessIdentity | undefined> {
  try {
    const identity: unknown = JSON.parse(await readFile(identityFile(folder), "utf8"));
    return is(object({ pid: number(), started: string() }), identity) ? identity : undefined;
  } catch {
    return undefined;
  }
}

async function readTail(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.slice(-2000);
}
