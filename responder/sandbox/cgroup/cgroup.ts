import { rmdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** The control groups of one sandbox. */
export interface Cgroup {
  /** The `cgroup.procs` files that its first process joins. */
  readonly joins: readonly string[];
  /** Throws where the memory already in use can't be brought under the limit. */
  limit(limits: { memoryBytes: number; processes: number }): void;
  /** Seconds of processor time used so far; undefined where the group does not count them. */
  cpuS(): number | undefined;
  /** Most bytes of memory in use at once so far; undefined where the group does not count them. */
  memoryPeakBytes(): number | undefined;
  /** Processes the kernel killed because the group's memory was used up. */
  memoryKills(): number;
  /** Removes the groups. Call it after every process in them is dead. */
  remove(): Promise<void>;
}

/** Where a responder may make control groups. */
export interface CgroupParent {
  /** The limits that its groups enforce. */
  readonly features: readonly string[];
  /** Where groups of earlier responders may have been left. */
  readonly roots: readonly string[];
  create(name: string): Cgroup;
}

/** Removes a group's directory; the kernel may need a moment to let go of its last process. */
export async function removeGroup(path: string): Promise<void> {
  for (let wait = 1; ; wait *= 2) {
    try {
      return await rmdir(path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return;
      if (code !== "EBUSY" || wait > 1000) throw error;
      await sleep(wait);
    }
  }
}
