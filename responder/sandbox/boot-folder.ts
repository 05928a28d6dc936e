import { chmodSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { readStartTime } from "../process/process-tree.ts";
import { removeLeftover } from "./remove-folder.ts";

/**
 * A folder below `state`, shared by all sandboxes of one start of the responder. Folders of killed responders are
 * removed.
 */
export function makeBootFolder(state: string, mode = 0o700): string {
  mkdirSync(state, { recursive: true, mode });
  for (const name of readdirSync(state)) {
    const [, pid, started] = /^boot-(\d+)-(\d+)$/.exec(name) ?? [];
    if (pid === undefined || readStartTime(Number(pid)) === started) continue;
    removeLeftover(join(state, name));
  }
  const folder = join(state, `boot-${process.pid}-${readStartTime(process.pid) ?? 0}`);
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, mode);
  return folder;
}
