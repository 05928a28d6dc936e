import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { removeLeftovers } from "../../responder/sandbox/cgroup/find.ts";

const ROOTS = [
  // Version 1: groups that account for CPU time and limit nothing.
  { root: "/sys/fs/cgroup/cpuacct", file: "cpuacct.usage", msOf: (text: string) => +text / 1e6 },
  {
    root: "/sys/fs/cgroup",
    file: "cpu.stat",
    msOf: (text: string) => Number(/^usage_usec (\d+)$/m.exec(text)?.[1]) / 1000,
  },
] as const;

/** A control group that counts the CPU of a process and of all its descendants, also of those nobody waited for. */
export interface CpuGroup {
  /** CPU milliseconds of all its processes, dead ones included. */
  readMs(): number;
  /** Removes the group, after its processes have ended. */
  remove(): void;
}

let groups = 0;

/** Moves a process, which has no children yet, into a group of its own. */
export function countCpuOf(pid: number): CpuGroup {
  const found = ROOTS.find(({ root, file }) => existsSync(join(root, file)));
  if (!found) throw new Error("This host has no control groups that count CPU time.");
  const folder = join(found.root, `bench-${process.pid}-${++groups}`);
  mkdirSync(folder);
  writeFileSync(join(folder, "cgroup.procs"), String(pid));
  return {
    readMs: () => found.msOf(readFileSync(join(folder, found.file), "utf8")),
    remove() {
      removeLeftovers([folder]);
      if (existsSync(folder)) rmdirSync(folder);
    },
  };
}
