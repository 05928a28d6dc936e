import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { GroupRemover, type Cgroup, type CgroupParent } from "./cgroup.ts";
import { systemd, type Manager } from "./manager.ts";

const NEEDED = ["memory", "pids"] as const;
const WANTED = ["memory", "pids", "cpu"] as const;
/** Sandboxes have half of the default weight, below the responder; those that start ahead have little, and do come up. */
const CPU_WEIGHT = { ahead: 6, full: 50 } as const;
/** The group below our own for the processes in it: only leaves may hold processes. */
const LEAF = "responder";
/** Processes may start between listing a group's members and moving them. */
const ATTEMPTS = 10;

export interface V2Options {
  readonly pid?: number;
  readonly isRoot?: boolean;
  readonly manager?: Manager;
}

/**
 * The v2 hierarchy, in which each group has one writer. Sandboxes' groups are created below our own if it was delegated
 * to us, else below a group that the manager delegates.
 */
export function findV2(
  root: string,
  membership: string,
  { pid = process.pid, isRoot = process.getuid?.() === 0, manager = systemd }: V2Options = {},
): CgroupParent | undefined {
  const path = pathIn(membership);
  if (path === undefined || !existsSync(join(root, "cgroup.controllers"))) return undefined;
  const parent =
    shared(root, path) ??
    own(
      resolve(root, `.${path}`),
      (isAlone) => isAlone || !isRoot || manager.delegates(path),
      pid,
    ) ??
    (isRoot ? scope(root, manager, pid) : undefined);
  if (parent === undefined) return undefined;
  const controllers = words(join(parent, "cgroup.subtree_control"));
  const remover = new GroupRemover();
  return {
    features: WANTED.filter((name) => controllers.includes(name)).map((name) => `cgroup-${name}`),
    roots: [parent],
    create: (name) => createGroup(join(parent, name), remover),
  };
}

function pathIn(membership: string): string | undefined {
  return /^0::(.*)$/m.exec(membership)?.[1];
}

/** A group that an earlier responder prepared: we were started in its leaf. */
function shared(root: string, path: string): string | undefined {
  if (basename(path) !== LEAF) return undefined;
  const group = join(root, dirname(path));
  return attempt(() => (isWritable(group) && has(enabledIn(group)) ? group : undefined));
}

/** Our own group, once all in it have moved to a leaf. `isOurs` says whether that may be done. */
function own(
  group: string,
  isOurs: (isAlone: boolean) => boolean,
  pid: number,
): string | undefined {
  return attempt(() => {
    if (!isWritable(group) || !has(words(join(group, "cgroup.controllers")))) return undefined;
    // The root of all groups, which has no type, may hold processes beside groups.
    const isRootGroup = !existsSync(join(group, "cgroup.type"));
    const isAlone = words(join(group, "cgroup.procs")).every((member) => member === String(pid));
    if (!isOurs(isAlone)) return undefined;
    if (!isRootGroup) moveAll(group, join(group, LEAF));
    return enable(group);
  });
}

/** A group that the manager makes for us and leaves to us. */
function scope(root: string, manager: Manager, pid: number): string | undefined {
  const path = pathIn(manager.scope(pid) ?? "");
  return path === undefined ? undefined : own(resolve(root, `.${path}`), (isAlone) => isAlone, pid);
}

function moveAll(group: string, leaf: string): void {
  mkdirSync(leaf, { recursive: true });
  for (let count = 0; count < ATTEMPTS; count++) {
    const members = words(join(group, "cgroup.procs"));
    if (members.length === 0) return;
    for (const member of members) {
      try {
        writeFileSync(join(leaf, "cgroup.procs"), member);
      } catch (error) {
        // It has ended meanwhile.
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    }
  }
}

function enable(group: string): string {
  const available = words(join(group, "cgroup.controllers"));
  const enabled = WANTED.filter((name) => available.includes(name));
  writeFileSync(join(group, "cgroup.subtree_control"), enabled.map((name) => `+${name}`).join(" "));
  return group;
}

function createGroup(directory: string, remover: GroupRemover): Cgroup {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "cpu.weight");
  const hasWeight = existsSync(file);
  const weigh = (weight: number) => {
    if (hasWeight) writeFileSync(file, String(weight));
  };
  weigh(CPU_WEIGHT.ahead);
  return {
    joins: [join(directory, "cgroup.procs")],
    hurry: () => weigh(CPU_WEIGHT.full),
    limit({ memoryBytes, processes }) {
      writeFileSync(join(directory, "pids.max"), String(processes));
      writeFileSync(join(directory, "memory.max"), String(memoryBytes));
      // Absent where the kernel has no swap accounting.
      for (const [file, value] of [
        ["memory.swap.max", "0"],
        ["memory.oom.group", "1"],
      ] as const) {
        if (existsSync(join(directory, file))) writeFileSync(join(directory, file), value);
      }
    },
    cpuS: () => field(join(directory, "cpu.stat"), "usage_usec") / 1e6,
    memoryPeakBytes() {
      const peak = join(directory, "memory.peak"); // Since Linux 5.19.
      return existsSync(peak) ? Number(readFileSync(peak, "utf8")) : undefined;
    },
    memoryKills: () => field(join(directory, "memory.events"), "oom_kill"),
    remove: () => remover.remove(directory),
  };
}

/** Any failure means that there are no groups. */
function attempt<Value>(find: () => Value | undefined): Value | undefined {
  try {
    return find();
  } catch {
    return undefined;
  }
}

function field(path: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(readFileSync(path, "utf8"))?.[1] ?? 0);
}

function enabledIn(group: string): string[] {
  return words(join(group, "cgroup.subtree_control"));
}

function words(path: string): string[] {
  return readFileSync(path, "utf8").split(/\s+/).filter(Boolean);
}

function isWritable(group: string): boolean {
  for (const name of ["", "cgroup.procs", "cgroup.subtree_control"]) {
    accessSync(join(group, name), constants.W_OK);
  }
  return true;
}

function has(controllers: string[]): boolean {
  return NEEDED.every((name) => controllers.includes(name));
}
