import { accessSync, constants, existsSync, openSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bash } from "../runtimes/bash.ts";
import type { InstalledRuntime } from "../runtimes/runtime.ts";
import { EXIT, StartError } from "../start-error.ts";
import { makeBootFolder } from "./boot-folder.ts";
import { bubblewrapArgs, ETC, INSIDE } from "./bubblewrap-args.ts";
import type { Cgroup, CgroupParent } from "./cgroup.ts";
import { findCgroups, groupName, removeLeftovers } from "./find-cgroups.ts";
import { FifoPool } from "./fifos.ts";
import { holdSandbox } from "./held-sandbox.ts";
import { launcher } from "./launcher.ts";
import { childrenOf, isAlive, startTimeOf } from "./process-tree.ts";
import { reachable } from "./reachable.ts";
import { SandboxError, type PreparedSandbox, type Sandbox } from "./sandbox.ts";
import { seccompFilter } from "./seccomp.ts";
import { UidPool } from "./uids.ts";
import { startWaiting, type Launch, type WaitingProcess } from "./waiting-process.ts";

const PLACES = ["/usr/bin/bwrap", "/usr/local/bin/bwrap"];
/** bubblewrap outside and bubblewrap as the sandbox's first process. */
const OVERHEAD = 2;
/** The kernel clears away gigabytes and thousands of processes in much less. */
const DEATH_MS = 10_000;
const INSTALL = "apt-get install bubblewrap (Fedora: dnf install bubblewrap)";
const ALLOW =
  "allow user namespaces (sysctl user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns=0); bubblewrap has to be 0.8 or newer";

const PROGRAM_ENV = {
  PATH: "/opt/node/bin:/usr/local/bin:/usr/bin:/bin",
  HOME: INSIDE.work,
  LANG: "C.UTF-8",
};

/** The sandbox that needs nothing but a kernel with user namespaces. `state` is the responder's folder. */
export function bubblewrap(state: string, places: readonly string[] = PLACES): Sandbox {
  let shared: Shared | undefined;
  return {
    name: "bubblewrap",
    async probe() {
      shared = await share(state, places);
      return features(shared);
    },
    prepare(runtime) {
      if (shared === undefined) throw new Error("probe comes first");
      return prepare(shared, runtime);
    },
    async close() {
      if (shared) await Promise.allSettled([...shared.live].map((one) => one.discard()));
      if (shared) rmSync(shared.folder, { recursive: true, force: true });
      shared = undefined;
    },
  };
}

/** What all sandboxes of one start share. */
interface Shared {
  readonly bwrap: string;
  readonly folder: string;
  /** Path of our own Node for those it is shown to. */
  readonly node: () => string;
  readonly fifos: FifoPool;
  readonly groups: CgroupParent | undefined;
  /** Present for root alone: who is not root can't become somebody else. */
  readonly uids: UidPool | undefined;
  readonly seccomp: string | undefined;
  /** Not yet discarded. */
  readonly live: Set<PreparedSandbox>;
  /** Counts sandboxes, to name their groups. */
  sandboxes: number;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function share(state: string, places: readonly string[]): Promise<Shared> {
  const bwrap = places.find(isProgram);
  if (bwrap === undefined) {
    throw new StartError("bubblewrap is missing", INSTALL, EXIT.noSandbox);
  }
  const isRoot = process.getuid?.() === 0;
  if (isRoot && !existsSync("/usr/bin/setpriv")) {
    throw new StartError("setpriv is missing", "install util-linux", EXIT.noSandbox);
  }
  const folder = makeBootFolder(state);
  const groups = findCgroups();
  if (groups) removeLeftovers(groups.roots);
  for (const [name, text] of Object.entries(ETC)) writeFileSync(join(folder, name), text);
  const filter = seccompFilter(groups?.features.includes("cgroup-memory") ?? false);
  const seccomp = filter && join(folder, "seccomp");
  if (filter && seccomp) writeFileSync(seccomp, filter);
  const shared: Shared = {
    bwrap,
    folder,
    node: () => (isRoot ? reachable(process.execPath, "node") : process.execPath),
    fifos: new FifoPool(folder),
    groups,
    uids: isRoot ? new UidPool() : undefined,
    seccomp,
    live: new Set(),
    sandboxes: 0,
  };
  await tryOut(shared);
  return shared;
}

/** One sandbox, made just as the real ones are. */
async function tryOut(shared: Shared): Promise<void> {
  try {
    const tried = await prepare(shared, {
      runtime: bash,
      interpreter: "/usr/bin/bash",
      version: "",
    });
    await tried.discard();
  } catch (error) {
    rmSync(shared.folder, { recursive: true, force: true });
    if (!(error instanceof SandboxError)) throw error;
    throw new StartError(`bubblewrap does not work here: ${error.message}`, ALLOW, EXIT.noSandbox, {
      cause: error,
    });
  }
}

function features({ groups, uids, seccomp }: Shared): string[] {
  return [
    "namespaces",
    ...(uids ? ["unknown-user"] : []),
    ...(seccomp ? ["seccomp"] : []),
    ...(groups?.features ?? []),
    "rlimits",
  ];
}

async function prepare(shared: Shared, runtime: InstalledRuntime): Promise<PreparedSandbox> {
  const uid = shared.uids?.take();
  const group = shared.groups?.create(groupName(++shared.sandboxes));
  let held: PreparedSandbox | undefined;
  const release = async () => {
    if (held) shared.live.delete(held);
    if (uid !== undefined) shared.uids?.giveBack(uid);
  };
  let waiting: WaitingProcess | undefined;
  try {
    waiting = await startWaiting(launchOf(shared, runtime, uid, group), shared.fifos);
    const first = firstProcess(waiting.status);
    // A program may persuade bubblewrap, which it shares a user with, to end before it does.
    waiting.child.once("exit", first.kill);
    held = holdSandbox({
      runtime,
      process: waiting,
      group,
      features: features(shared),
      overhead: OVERHEAD,
      uid,
      // Opened before there is any code: a handle on the sandbox's own file system, which lives as
      // long as the handle does, so that what the program leaves there is read when nobody can
      // change it.
      folder: openSync(
        `/proc/${first.pid}/root${INSIDE.work}`,
        constants.O_RDONLY | constants.O_DIRECTORY,
      ),
      top: first.pid,
      program: () => childrenOf(first.pid)[0],
      killAll: first.kill,
      allDead: first.dead,
      release,
    });
    shared.live.add(held);
    return held;
  } catch (error) {
    waiting?.child.kill("SIGKILL");
    await waiting?.ended;
    await group?.remove();
    await release();
    throw error instanceof SandboxError ? error : new SandboxError(String(error), { cause: error });
  }
}

function launchOf(
  shared: Shared,
  { runtime, interpreter }: InstalledRuntime,
  uid: number | undefined,
  group: Cgroup | undefined,
): Launch {
  const waiter = join(shared.folder, runtime.waiter.file);
  if (!existsSync(waiter)) writeFileSync(waiter, runtime.waiter.text);
  const argv = bubblewrapArgs({
    bwrap: shared.bwrap,
    uid,
    node: shared.node(),
    waiterFile: runtime.waiter.file,
    seccomp: shared.seccomp !== undefined,
    command: [runtime.name === "node" ? INSIDE.node : interpreter, ...runtime.args(INSIDE.waiters)],
    env: { ...PROGRAM_ENV, ...runtime.env(INSIDE.waiters) },
  });
  const etc = Object.keys(ETC).map((name) => join(shared.folder, name));
  return {
    argv: launcher(argv, group?.joins ?? []),
    cwd: "/",
    env: {},
    reports: true,
    files: [...etc, waiter, ...(shared.seccomp ? [shared.seccomp] : [])],
  };
}

/**
 * The sandbox's first process, by the host's id that bubblewrap reports. With it the whole pid namespace
 * dies, and nothing can leave that: once it has ended, nothing of the sandbox is left.
 */
function firstProcess(status: string) {
  const [, text] = /"child-pid": (\d+)/.exec(status) ?? [];
  const pid = Number(text);
  const started = text && startTimeOf(pid);
  if (!started) throw new SandboxError("bubblewrap did not report its first process");
  return {
    pid,
    kill() {
      // Its number may be another's by now.
      if (isAlive(pid, started)) process.kill(pid, "SIGKILL");
    },
    async dead(): Promise<boolean> {
      for (const end = performance.now() + DEATH_MS; isAlive(pid, started); await sleep(1)) {
        if (performance.now() > end) return false;
      }
      return true;
    },
  };
}
