import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { removeGroup, type Cgroup, type CgroupParent } from "./cgroup.ts";

const NEEDED = ["memory", "pids"] as const;
const WANTED = ["memory", "pids", "cpu"] as const;
/** A sandbox gives way to what serves it: half of the default weight. */
const CPU_WEIGHT = 50;

/**
 * The v2 hierarchy: the group this process is in, where it was delegated to us, else, for root, one
 * of our own at the top, whose processes the rule against inner processes does not bind.
 */
export function findV2(
  root: string,
  membership: string,
  pid = process.pid,
): CgroupParent | undefined {
  const path = /^0::(.*)$/m.exec(membership)?.[1];
  if (path === undefined || !existsSync(join(root, "cgroup.controllers"))) return undefined;
  const own = join(root, path);
  const parent = delegated(own, pid) ?? topLevel(root);
  if (parent === undefined) return undefined;
  const controllers = words(join(parent, "cgroup.subtree_control"));
  return {
    features: WANTED.filter((name) => controllers.includes(name)).map((name) => `cgroup-${name}`),
    roots: [parent],
    create: (name) => createGroup(join(parent, name)),
  };
}

/** Our own group, if we are alone in it: we move to a leaf, since only leaves may hold processes. */
function delegated(own: string, pid: number): string | undefined {
  try {
    accessSync(join(own, "cgroup.subtree_control"), constants.W_OK);
    if (!has(words(join(own, "cgroup.controllers")))) return undefined;
    const members = words(join(own, "cgroup.procs"));
    if (members.some((member) => member !== String(pid))) return undefined;
    const leaf = join(own, "responder");
    mkdirSync(leaf, { recursive: true });
    writeFileSync(join(leaf, "cgroup.procs"), String(pid));
    return enable(own);
  } catch {
    return undefined;
  }
}

function topLevel(root: string): string | undefined {
  try {
    if (!has(words(join(root, "cgroup.subtree_control")))) return undefined;
    const group = join(root, "deferred-runner");
    mkdirSync(group, { recursive: true });
    return enable(group);
  } catch {
    return undefined;
  }
}

function enable(group: string): string {
  const available = words(join(group, "cgroup.controllers"));
  const enabled = WANTED.filter((name) => available.includes(name));
  writeFileSync(join(group, "cgroup.subtree_control"), enabled.map((name) => `+${name}`).join(" "));
  return group;
}

function createGroup(directory: string): Cgroup {
  mkdirSync(directory, { recursive: true });
  const weight = join(directory, "cpu.weight");
  if (existsSync(weight)) writeFileSync(weight, String(CPU_WEIGHT));
  return {
    joins: [join(directory, "cgroup.procs")],
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
    memoryKills: () => field(join(directory, "memory.events"), "oom_kill"),
    remove: () => removeGroup(directory),
  };
}

function field(path: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(readFileSync(path, "utf8"))?.[1] ?? 0);
}

function words(path: string): string[] {
  return readFileSync(path, "utf8").split(/\s+/).filter(Boolean);
}

function has(controllers: string[]): boolean {
  return NEEDED.every((name) => controllers.includes(name));
}
