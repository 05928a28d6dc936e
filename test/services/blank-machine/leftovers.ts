import { existsSync, mkdtempSync, readdirSync } from "node:fs";
import { freemem, tmpdir } from "node:os";
import { join } from "node:path";
import { removeMachineFolder } from "./disk.ts";
import { forget, groupsOf, killIn, namesOfGroups, removeGroups } from "./groups.ts";

/** Memory a test's machines may need where their disks are kept in it. */
const ROOM_BYTES = 6e9;
const IN_MEMORY = "/dev/shm";

/** A new folder for a machine: in memory where there is plenty, which halves what a test takes. */
export function newMachineFolder(): string {
  clearStale();
  const hasRoom = existsSync(IN_MEMORY) && freemem() > ROOM_BYTES;
  return mkdtempSync(join(hasRoom ? IN_MEMORY : tmpdir(), `deferred-machine-${process.pid}-`));
}

let isCleared = false;

/** Removes, once in a process, what killed tests have left. */
export function clearStale(): void {
  if (isCleared) return;
  isCleared = true;
  for (const name of namesOfGroups().filter(isStale)) {
    const groups = groupsOf(name);
    killIn(groups);
    groups.forEach(removeGroups);
    forget(name);
  }
  for (const folder of [IN_MEMORY, tmpdir()].filter((path) => existsSync(path))) {
    for (const name of readdirSync(folder).filter(isStale)) {
      removeMachineFolder(join(folder, name));
    }
  }
}

/** Whether it is named after a process that is gone. */
function isStale(name: string): boolean {
  const pid = /^deferred-machine-(\d+)-/.exec(name)?.[1];
  return pid !== undefined && !existsSync(`/proc/${pid}`);
}
