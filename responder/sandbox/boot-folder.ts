import { chmodSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { startTimeOf } from "../process/process-tree.ts";
import { removeLeftover } from "./remove-folder.ts";

/**
 * A folder for what all sandboxes of one start of the responder share, below `state`. Those of
 * responders that were killed are removed on the way.
 */
export function makeBootFolder(state: string, mode = 0o700): string {
  mkdirSync(state, { recursive: true, mode });
  for (const name of readdirSync(state)) {
    const [, pid, started] = /^boot-(\d+)-(\d+)$/.exec(name) ?? [];
    if (pid === undefined || startTimeOf(Number(pid)) === started) continue;
    removeLeftover(join(state, name));
  }
  const folder = join(state, `boot-${process.pid}-${startTimeOf(process.pid) ?? 0}`);
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, mode);
  return folder;
}
