import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { InstalledRuntime } from "../runtimes/runtime.ts";
import { makeBootFolder } from "./boot-folder.ts";
import { commandSandbox, SUPERVISOR } from "./supervisor/command-sandbox.ts";
import { controlMessage } from "./control-message.ts";
import { FifoPool } from "./lifecycle/fifos.ts";
import { holdSandbox, type HeldSandbox, type Hold } from "./lifecycle/held-sandbox.ts";
import { launcher } from "./lifecycle/launcher.ts";
import { makeWorkspace, workspacesFolder, removeWorkspace, type Workspace } from "./workspace.ts";
import {
  COMMAND_DESCRIPTORS,
  COMMAND_GRACE_MS,
  type CommandSandbox,
  type PreparedSandbox,
  type Sandbox,
} from "./sandbox.ts";
import { startWaiting } from "./lifecycle/waiting-process.ts";

const ENV = { PATH: "/usr/local/bin:/usr/bin:/bin", LANG: "C.UTF-8" };

/** Shared by all sandboxes of one start of the responder. */
interface Host {
  readonly boot: string;
  readonly places: string;
  readonly fifos: FifoPool;
  readonly live: Set<{ discard(): Promise<void> }>;
}

/**
 * No isolation: programs run as the responder's own user with its view of the machine. For disposable machines that run
 * one author's own work; never chosen by default.
 */
export function none(state: string): Sandbox {
  let host: Host | undefined;
  const probed = () => {
    if (host === undefined) throw new Error("probe comes first");
    return host;
  };
  return {
    name: "none",
    inside: (workspace) => ({ ...workspace, node: process.execPath }),
    async probe() {
      const boot = makeBootFolder(state);
      const fifos = new FifoPool(boot);
      host = { boot, places: workspacesFolder(state), fifos, live: new Set() };
      return ["rlimits"];
    },
    prepare: (runtime) => prepare(probed(), runtime),
    makeWorkspace: () => makeWorkspace(probed().places, undefined),
    removeWorkspace,
    enter: (workspace) => enter(probed(), workspace),
    async close() {
      if (host === undefined) return;
      await Promise.all([...host.live].map((one) => one.discard()));
      for (const path of [host.boot, host.places]) rmSync(path, { recursive: true, force: true });
    },
  };
}

async function prepare(host: Host, installed: InstalledRuntime): Promise<PreparedSandbox> {
  const { runtime, interpreter } = installed;
  const waiters = join(host.boot, `waiter-${runtime.name}`);
  mkdirSync(waiters, { recursive: true });
  const waiter = join(waiters, runtime.waiter.file);
  if (!existsSync(waiter)) writeFileSync(waiter, runtime.waiter.text);
  const work = mkdtempSync(join(host.boot, "work-"));
  mkdirSync(join(work, "artifacts"));
  const folder = openSync(work, constants.O_RDONLY | constants.O_DIRECTORY);
  let prepared: PreparedSandbox | undefined;
  const release = async () => {
    closeSync(folder);
    if (prepared) host.live.delete(prepared);
    await rm(work, { recursive: true, force: true });
  };
  const held = await startHere(host, {
    argv: runtime.command(interpreter, waiters),
    cwd: work,
    env: { ...ENV, HOME: work, ...runtime.env?.(waiters) },
    runtime: runtime.name,
    release,
  });
  prepared = {
    runtime: installed,
    folder,
    gone: held.gone,
    place: held.place,
    discard: held.discard,
    run: (program, onOutput, signal) =>
      held.execute({
        limits: program.limits,
        speak: (control) => control.end(controlMessage(program)),
        onOutput,
        signal,
      }),
  };
  host.live.add(prepared);
  return prepared;
}

async function enter(host: Host, workspace: Workspace): Promise<CommandSandbox> {
  const supervisor = join(host.boot, SUPERVISOR.file);
  if (!existsSync(supervisor)) writeFileSync(supervisor, SUPERVISOR.text);
  let sandbox: CommandSandbox | undefined;
  const held = await startHere(host, {
    argv: [process.execPath, supervisor],
    cwd: workspace.work,
    env: { ...ENV, HOME: workspace.home },
    runtime: "bash",
    graceMs: COMMAND_GRACE_MS,
    descriptors: COMMAND_DESCRIPTORS,
    async release() {
      if (sandbox) host.live.delete(sandbox);
    },
  });
  sandbox = commandSandbox(held);
  host.live.add(sandbox);
  return sandbox;
}

interface Here extends Pick<Hold, "runtime" | "graceMs" | "release"> {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly descriptors?: number;
}

/** Starts a waiting process without isolation. */
async function startHere(host: Host, here: Here): Promise<HeldSandbox> {
  const argv = launcher(here.argv, [], here.descriptors);
  try {
    const launch = { argv, cwd: here.cwd, env: here.env, files: [], reports: false };
    const waiting = await startWaiting(launch, host.fifos);
    const pid = waiting.pid!;
    // The whole process group; processes that left the group are not found.
    const killAll = () => {
      try {
        process.kill(-pid, "SIGKILL");
      } catch {
        // All of it has ended.
      }
    };
    void waiting.exited.then(killAll);
    return holdSandbox({
      ...here,
      process: waiting,
      group: undefined,
      features: [],
      overhead: 0,
      uid: undefined,
      top: pid,
      program: () => pid,
      killAll,
      // Processes that left the group are not found.
      allDead: async () => true,
    });
  } catch (error) {
    await here.release();
    throw error;
  }
}
