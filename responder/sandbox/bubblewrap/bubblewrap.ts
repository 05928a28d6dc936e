import { closeSync, constants, openSync, rmSync } from "node:fs";
import { DEFAULT_LIMITS } from "../../../protocol/limits.ts";
import type { DestinationRules } from "../../network/destination.ts";
import { runtimeNamed } from "../../runtimes/find.ts";
import type { InstalledRuntime } from "../../runtimes/runtime.ts";
import { RESPONDER_EXIT, StartError } from "../../process/start-error.ts";
import { openBlockProxy, withForwarder, type BlockProxy } from "./block-proxy.ts";
import { blockMounts, commandMounts, INSIDE, SHARED_MEMORY } from "./arguments.ts";
import { explainClosedHost, readHostRules } from "./closed-host.ts";
import { bubblewrapHost, launcherFor, type BubblewrapHost } from "./host.ts";
import { startBubblewrap } from "./start.ts";
import { commandSandbox, SUPERVISOR } from "../supervisor/command-sandbox.ts";
import { controlMessage } from "../control-message.ts";
import { makeWorkspace, removeWorkspace, type Workspace } from "../workspace.ts";
import { SandboxError } from "../result.ts";
import {
  COMMAND_DESCRIPTORS,
  COMMAND_GRACE_MS,
  type CommandSandbox,
  type PreparedSandbox,
  type Sandbox,
} from "../sandbox.ts";

/** What every machine has. */
const BASH: InstalledRuntime = {
  runtime: runtimeNamed("bash"),
  interpreter: "/usr/bin/bash",
  version: "",
};

export interface BubblewrapChoices {
  /** Where bubblewrap may be. */
  readonly programs?: readonly string[];
  /** False: bubblewrap starts all sandboxes, even where the native launcher works. */
  readonly native?: boolean;
  /** Called once where the launcher does not work: bubblewrap starts all sandboxes, which takes longer. */
  readonly onWithoutLauncher?: (why: string) => void;
}

/** Said by machines whose blocks are started by the native launcher. */
const LAUNCHER = "native-launcher";

/** A sandbox that needs bubblewrap and a kernel with user namespaces. `state` is the responder's folder. */
export function bubblewrap(
  state: string,
  { programs, native = true, onWithoutLauncher = () => {} }: BubblewrapChoices = {},
): Sandbox {
  let host: BubblewrapHost | undefined;
  /** Not yet discarded. */
  const live = new Set<{ discard(): Promise<void> }>();
  /** The sandbox of the probe, until it is asked for. */
  let tried: PreparedSandbox | undefined;
  const probed = () => {
    if (host === undefined) throw new Error("probe comes first");
    return host;
  };
  const clear = () => {
    host?.launcher?.close();
    for (const folder of host ? [host.folder, host.places] : []) {
      rmSync(folder, { recursive: true, force: true });
    }
    host = undefined;
  };
  return {
    name: "bubblewrap",
    inside: () => INSIDE,
    async probe(first) {
      host = bubblewrapHost(state, programs);
      try {
        tried = await tryStarts(host, live, first, native ? onWithoutLauncher : undefined);
      } catch (error) {
        clear();
        if (!(error instanceof SandboxError)) throw error;
        const what = `bubblewrap does not work here: ${error.message}`;
        const hint = explainClosedHost(error.message, readHostRules());
        throw new StartError(what, hint, RESPONDER_EXIT.noSandbox, { cause: error });
      }
      return host.features;
    },
    async prepare(runtime, rules, needed) {
      if (rules || tried?.runtime !== runtime) {
        return prepare(probed(), runtime, live, rules, needed);
      }
      const sandbox = tried;
      tried = undefined;
      return sandbox;
    },
    makeWorkspace: () => makeWorkspace(probed().places, probed().uids?.take()),
    async removeWorkspace(workspace) {
      await removeWorkspace(workspace);
      if (workspace.uid !== undefined) host?.uids?.giveBack(workspace.uid);
    },
    enter: (workspace) => enter(probed(), workspace, live),
    async close() {
      await Promise.allSettled([...live].map((one) => one.discard()));
      clear();
    },
  };
}

type Live = Set<{ discard(): Promise<void> }>;

async function prepare(
  host: BubblewrapHost,
  runtime: InstalledRuntime,
  live: Live,
  rules?: DestinationRules,
  needed?: Promise<void>,
): Promise<PreparedSandbox> {
  const { name, waiter, command: start, env } = runtime.runtime;
  const uid = host.uids?.take();
  const network = rules && (await openNetwork(host, uid, rules));
  let folder: number | undefined;
  let prepared: PreparedSandbox | undefined;
  const interpreter = name === "node" ? INSIDE.node : runtime.interpreter;
  const command = start(interpreter, INSIDE.waiters);
  const { held, pid } = await startBubblewrap(host, {
    uid,
    runtime: name,
    // Before there is code: most blocks have no limits of their own, and the others' replace these.
    limited: DEFAULT_LIMITS,
    needed,
    waiter,
    mounts: [...blockMounts(), ...(network?.mounts ?? [])],
    memoryFolders: [SHARED_MEMORY, INSIDE.tmp, INSIDE.work],
    command: network?.command(command) ?? command,
    env: { ...network?.env, ...env?.(INSIDE.waiters) },
    seccomp: host.seccomp?.blocks,
    // A block's way to the network is no part of the launcher's tree.
    launcher: network || !host.launcher?.isUp() ? undefined : host.launcher,
    async release() {
      await network?.close();
      if (folder !== undefined) closeSync(folder);
      if (prepared) live.delete(prepared);
      if (uid !== undefined) host.uids?.giveBack(uid);
    },
  });
  try {
    // Opened before there is any code: a handle on the sandbox's own file system, which outlives the sandbox, so that
    // artifacts are read when no process can change them.
    const flags = constants.O_RDONLY | constants.O_DIRECTORY;
    const opened = (folder = openSync(`/proc/${pid}/root${INSIDE.work}`, flags));
    prepared = {
      runtime,
      folder: opened,
      gone: held.gone,
      place: held.place,
      discard: held.discard,
      run: (program, onOutput, signal) =>
        held.execute({
          limits: network ? withForwarder(program.limits) : program.limits,
          speak: (control) => control.end(controlMessage(program)),
          onOutput,
          signal,
        }),
    };
    live.add(prepared);
    return prepared;
  } catch (error) {
    await held.discard();
    throw new SandboxError(String(error), { cause: error });
  }
}

async function openNetwork(
  host: BubblewrapHost,
  uid: number | undefined,
  rules: DestinationRules,
): Promise<BlockProxy> {
  try {
    return await openBlockProxy(host.places, uid, rules);
  } catch (error) {
    if (uid !== undefined) host.uids?.giveBack(uid);
    throw new SandboxError(String(error), { cause: error });
  }
}

async function enter(
  host: BubblewrapHost,
  workspace: Workspace,
  live: Live,
): Promise<CommandSandbox> {
  let sandbox: CommandSandbox | undefined;
  const { held } = await startBubblewrap(host, {
    uid: workspace.uid,
    runtime: "bash",
    graceMs: COMMAND_GRACE_MS,
    descriptors: COMMAND_DESCRIPTORS,
    waiter: SUPERVISOR,
    mounts: commandMounts(workspace),
    memoryFolders: [SHARED_MEMORY],
    command: [INSIDE.node, `${INSIDE.waiters}/${SUPERVISOR.file}`, "--apart"],
    env: { HOME: INSIDE.home },
    seccomp: host.seccomp?.commands,
    async release() {
      if (sandbox) live.delete(sandbox);
    },
  });
  sandbox = commandSandbox(held);
  live.add(sandbox);
  return sandbox;
}

/** Tries the ways to start sandboxes; resolves with a sandbox of `first` if it came up. Throws where bubblewrap fails. */
async function tryStarts(
  host: BubblewrapHost,
  live: Live,
  first: InstalledRuntime | undefined,
  /** Absent: the launcher is not tried. */
  onWithoutLauncher: ((why: string) => void) | undefined,
): Promise<PreparedSandbox | undefined> {
  const launched = onWithoutLauncher && tryLauncher(host, first ?? BASH, live, onWithoutLauncher);
  if (first !== undefined) {
    // Its run waits: bubblewrap is tried only in the launcher's place. An interpreter that does not start says nothing
    // about the sandbox.
    const sandbox = (await launched) ?? (await prepare(host, first, live).catch(() => undefined));
    if (sandbox !== undefined) return sandbox;
  }
  const [tried] = await Promise.allSettled([prepare(host, BASH, live), launched]);
  if (tried.status === "rejected") throw tried.reason;
  await Promise.all([tried.value.discard(), launched?.then((one) => one?.discard())]);
  return undefined;
}

/** Takes the native launcher into use, if a sandbox that it starts comes up: resolves with that. */
async function tryLauncher(
  host: BubblewrapHost,
  runtime: InstalledRuntime,
  live: Live,
  onWithout: (why: string) => void,
): Promise<PreparedSandbox | undefined> {
  try {
    host.launcher = await launcherFor(host);
    if (host.launcher === undefined) {
      onWithout(
        "there was no C compiler where the responder was built, or that was another architecture",
      );
      return undefined;
    }
    const sandbox = await prepare(host, runtime, live);
    host.features.push(LAUNCHER);
    return sandbox;
  } catch (error) {
    // bubblewrap serves as well.
    onWithout(String(error));
    host.launcher?.close();
    host.launcher = undefined;
    return undefined;
  }
}
