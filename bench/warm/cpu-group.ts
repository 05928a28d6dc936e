import { existsSync, mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { removeLeftovers } from "../../responder/sandbox/cgroup/find.ts";

const ROOTS = [
  // Version 1: groups that account for CPU time and limit nothing.
  {
    root: "/sys/fs/cgroup/cpuacct",
    line: /^(\d+:cpuacct:).*$/m,
    file: "cpuacct.usage",
    msOf: (text: string) => Number(text) / 1e6,
  },
  {
    root: "/sys/fs/cgroup",
    line: /^(0::).*$/m,
    file: "cpu.stat",
    msOf: (text: string) => Number(/^usage_usec (\d+)$/m.exec(text)?.[1]) / 1000,
  },
] as const;

/** A control group that counts the CPU of its processes and their descendants, also of those that no parent waited for. */
export interface CpuGroup {
  /** The file that moves a process here, by its id. */
  procs: string;
  /** What /proc/self/cgroup says of a process in here that is in the other groups of this one. */
  membership: string;
  /** CPU milliseconds of all its processes, dead ones included. */
  readMs(): number;
  /** Removes the group, after its processes have ended. */
  remove(): void;
}

const REMOVAL_TRIES = 200;
const REMOVAL_PAUSE_MS = 50;

let groups = 0;

export function makeCpuGroup(): CpuGroup {
  const found = ROOTS.find(({ root, file }) => existsSync(join(root, file)));
  if (!found) throw new Error("This host has no control groups that count CPU time.");
  const name = `bench-${process.pid}-${++groups}`;
  const folder = join(found.root, name);
  mkdirSync(folder);
  return {
    procs: join(folder, "cgroup.procs"),
    membership: readFileSync("/proc/self/cgroup", "utf8").replace(found.line, `$1/${name}`),
    readMs: () => found.msOf(readFileSync(join(folder, found.file), "utf8")),
    remove() {
      for (let tries = 1; existsSync(folder); tries++) {
        removeLeftovers([folder]);
        try {
          rmdirSync(folder);
        } catch (error) {
          // Its last processes are still ending.
          if (tries === REMOVAL_TRIES) throw error;
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, REMOVAL_PAUSE_MS);
        }
      }
    },
  };
}
