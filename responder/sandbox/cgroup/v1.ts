import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GroupRemover, type Cgroup, type CgroupParent } from "./cgroup.ts";

const CONTROLLERS = ["memory", "pids", "cpu", "cpuacct"] as const;
type Controller = (typeof CONTROLLERS)[number];

/** Sandboxes have half of the default weight, below the responder; those that start ahead have little, and do come up. */
const CPU_SHARES = { ahead: 64, full: 512 } as const;

/** The v1 controllers that are mounted and writable, below the groups this process is in. */
export function findV1(root: string, membership: string): CgroupParent | undefined {
  const directories = new Map<Controller, string>();
  const roots = new Set<string>();
  for (const line of membership.split("\n")) {
    const [, names = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    for (const controller of CONTROLLERS) {
      if (!names.split(",").includes(controller)) continue;
      // Two controllers may share one mount; the first name that is there leads to it.
      const mount = [names, controller]
        .map((name) => join(root, name))
        .find((dir) => existsSync(dir));
      const writable = [mount && join(mount, path), mount].find((dir) => dir && isWritable(dir));
      if (mount === undefined || writable === undefined) continue;
      directories.set(controller, writable);
      roots.add(mount);
    }
  }
  if (directories.size === 0) return undefined;
  const remover = new GroupRemover();
  return {
    features: CONTROLLERS.filter((name) => directories.has(name)).map((name) => `cgroup-${name}`),
    roots: [...roots],
    create: (name) => createGroup(directories, name, remover),
  };
}

function createGroup(
  parents: ReadonlyMap<Controller, string>,
  name: string,
  remover: GroupRemover,
): Cgroup {
  const of = (controller: Controller) => {
    const parent = parents.get(controller);
    return parent === undefined ? undefined : join(parent, name);
  };
  const directories = [...new Set([...parents.values()].map((parent) => join(parent, name)))];
  for (const directory of directories) mkdirSync(directory, { recursive: true });
  const memory = of("memory");
  const pids = of("pids");
  const cpu = of("cpu");
  const cpuacct = of("cpuacct");
  const share = (shares: number) => {
    if (cpu) writeFileSync(join(cpu, "cpu.shares"), String(shares));
  };
  share(CPU_SHARES.ahead);

  let limitBytes = Infinity;

  return {
    // A process of one thread joins by "tasks" without the lock that "cgroup.procs" takes: that waits 4 to 10 ms for all
    // processors, and every fork and exit of the host with it.
    joins: directories.map((directory) => join(directory, "tasks")),
    hurry: () => share(CPU_SHARES.full),
    limit({ memoryBytes, processes }) {
      if (pids) writeFileSync(join(pids, "pids.max"), String(processes));
      if (!memory) return;
      const files = ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"];
      // The second one, which counts swap too, may never be the lower one.
      if (memoryBytes > limitBytes) files.reverse();
      for (const file of files.map((name) => join(memory, name))) {
        if (existsSync(file)) writeFileSync(file, String(memoryBytes));
      }
      limitBytes = memoryBytes;
    },
    cpuS: () =>
      cpuacct === undefined
        ? undefined
        : Number(readFileSync(join(cpuacct, "cpuacct.usage"), "utf8")) / 1e9,
    memoryPeakBytes: () =>
      memory === undefined
        ? undefined
        : Number(readFileSync(join(memory, "memory.max_usage_in_bytes"), "utf8")),
    memoryKills() {
      if (!memory) return 0;
      const control = readFileSync(join(memory, "memory.oom_control"), "utf8");
      return Number(/^oom_kill (\d+)$/m.exec(control)?.[1] ?? 0);
    },
    async remove() {
      await Promise.all(directories.map((directory) => remover.remove(directory)));
    },
  };
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    for (const name of ["cgroup.procs", "tasks"]) accessSync(join(directory, name), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
