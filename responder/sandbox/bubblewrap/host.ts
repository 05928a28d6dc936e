import { existsSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { RUNTIMES } from "../../../protocol/runtimes.ts";
import { RESPONDER_EXIT, StartError } from "../../process/start-error.ts";
import { makeBootFolder } from "../boot-folder.ts";
import { readCompiledWaiters, runtimeNamed } from "../../runtimes/find.ts";
import { startNativeLauncher, type NativeLauncher } from "../native/native-launcher.ts";
import { blockMounts, ETC, etcPaths, INSIDE, rootMounts } from "./arguments.ts";
import type { CgroupParent } from "../cgroup/cgroup.ts";
import { findCgroups, removeLeftovers } from "../cgroup/find.ts";
import { findBubblewrap } from "./find.ts";
import { FifoPool } from "../lifecycle/fifos.ts";
import { workspacesFolder } from "../workspace.ts";
import { reachable } from "./reachable.ts";
import { seccompFilter } from "../seccomp/seccomp.ts";
import { UidPool } from "./uids.ts";

const INSTALL = "apt-get install bubblewrap (Fedora: dnf install bubblewrap)";

/** Shared by all bubblewrap sandboxes of one start of the responder. */
export interface BubblewrapHost {
  readonly bwrap: string;
  /** The responder's folder. */
  readonly state: string;
  /** Of this start. */
  readonly folder: string;
  /** Where commands have their folders. */
  readonly places: string;
  /** Path of our own Node for those it is shown to. */
  readonly node: () => string;
  readonly fifos: FifoPool;
  readonly groups: CgroupParent | undefined;
  /** Only where the responder is root: another user can't change its user id. */
  readonly uids: UidPool | undefined;
  /** Seccomp filters of blocks and of commands; absent on an architecture we have none for. */
  readonly seccomp: { readonly blocks: string; readonly commands: string } | undefined;
  /** The limits and isolation that the sandboxes enforce. */
  readonly features: string[];
  /** Starts the sandboxes of blocks that have no network, where it works here. */
  launcher: NativeLauncher | undefined;
  /** Counts sandboxes, to name their groups. */
  sandboxes: number;
}

/** Finds bubblewrap and creates the shared files below `state`. Throws `StartError`. */
export function bubblewrapHost(state: string, places?: readonly string[]): BubblewrapHost {
  const bwrap = findBubblewrap(places);
  if (bwrap === undefined) {
    throw new StartError("bubblewrap is missing", INSTALL, RESPONDER_EXIT.noSandbox);
  }
  const isRoot = process.getuid?.() === 0;
  if (isRoot && !existsSync("/usr/bin/setpriv")) {
    throw new StartError("setpriv is missing", "install util-linux", RESPONDER_EXIT.noSandbox);
  }
  const folder = makeBootFolder(state);
  const groups = findCgroups();
  if (groups) removeLeftovers(groups.roots);
  for (const [name, text] of Object.entries(ETC)) writeFileSync(join(folder, name), text);
  const uids = isRoot ? new UidPool() : undefined;
  const seccomp = writeFilters(folder, groups?.features.includes("cgroup-memory") ?? false);
  return {
    bwrap,
    state,
    folder,
    places: workspacesFolder(state),
    node: () => (isRoot ? reachable(process.execPath, "node") : process.execPath),
    fifos: new FifoPool(folder),
    groups,
    uids,
    seccomp,
    features: [
      "namespaces",
      ...(uids ? ["unknown-user"] : []),
      ...(seccomp ? ["seccomp"] : []),
      ...(groups?.features ?? []),
      "rlimits",
    ],
    launcher: undefined,
    sandboxes: 0,
  };
}

/** Starts the native launcher for `host`. Throws where it does not start. */
export function launcherFor(host: BubblewrapHost): Promise<NativeLauncher | undefined> {
  const file = (name: string, path: string) => [join(host.folder, name), path] as const;
  const files = etcPaths().map((path) => file(basename(path), path));
  for (const { waiter } of RUNTIMES.map(runtimeNamed)) {
    writeFileSync(join(host.folder, waiter.file), waiter.text);
    files.push(file(waiter.file, `${INSIDE.waiters}/${waiter.file}`));
  }
  for (const compiled of readCompiledWaiters(host.state)) {
    const name = basename(compiled.file);
    writeFileSync(join(host.folder, name), Buffer.from(compiled.base64, "base64"));
    files.push(file(name, `${INSIDE.waiters}/${compiled.file}`));
  }
  return startNativeLauncher({
    folder: host.folder,
    fifos: host.fifos,
    seccomp: host.seccomp?.blocks,
    mounts: [...rootMounts(files, host.node()), ...blockMounts()],
  });
}

function writeFilters(folder: string, memoryIsCounted: boolean): BubblewrapHost["seccomp"] {
  const blocks = seccompFilter(memoryIsCounted);
  // PostgreSQL needs shared memory, which the blocks' filter refuses where no control group counts it.
  const commands = seccompFilter(true);
  if (blocks === undefined || commands === undefined) return undefined;
  const paths = { blocks: join(folder, "seccomp"), commands: join(folder, "seccomp-commands") };
  writeFileSync(paths.blocks, blocks);
  writeFileSync(paths.commands, commands);
  return paths;
}
