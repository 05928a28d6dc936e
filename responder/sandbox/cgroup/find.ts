import { readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import type { CgroupParent } from "./cgroup.ts";
import { findV1 } from "./v1.ts";
import { findV2 } from "./v2.ts";
import { readStartTime } from "../../process/process-tree.ts";
import { readOr } from "../../process/read.ts";

/** The host's control groups: v1 where its controllers are mounted, else v2, else none. */
export function findCgroups(
  root = "/sys/fs/cgroup",
  membership = readOr("/proc/self/cgroup", ""),
): CgroupParent | undefined {
  return findV1(root, membership) ?? findV2(root, membership);
}

const PREFIX = "deferred-";

/** Group names carry the responder's pid and start time, so that leftovers of dead responders are recognised. */
export function groupName(number: number): string {
  return `${PREFIX}${process.pid}-${readStartTime(process.pid) ?? 0}-${number}`;
}

/**
 * Removes groups of dead responders below `roots` and returns their number. They may have lived in other groups than
 * ours.
 */
export function removeLeftovers(roots: readonly string[], depth = 3): number {
  let removed = 0;
  for (const directory of roots) {
    for (const name of subdirectories(directory)) {
      const [, pid, started] = /^deferred-(\d+)-(\d+)-\d+$/.exec(name) ?? [];
      if (pid === undefined) {
        if (depth > 1) removed += removeLeftovers([join(directory, name)], depth - 1);
        continue;
      }
      if (readStartTime(Number(pid)) === started) continue;
      try {
        for (const leftover of readOr(join(directory, name, "cgroup.procs"), "").split("\n")) {
          // 0 is one we can't see from our own pid namespace; killing that would kill us.
          if (Number(leftover) > 0) process.kill(Number(leftover), "SIGKILL");
        }
        rmdirSync(join(directory, name));
        removed++;
      } catch {
        // Its processes are still dying: the next start gets it.
      }
    }
  }
  return removed;
}

function subdirectories(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}
