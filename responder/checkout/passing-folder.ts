import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { startTimeOf } from "../process/process-tree.ts";

const NAME = /^(?:secret|new)-(\d+)-(\d+)-/;

/** A folder in `mirrors` for what is needed for a while; it is removed should this process be killed. */
export function passingFolder(mirrors: string, what: "secret" | "new"): Promise<string> {
  return mkdtemp(join(mirrors, `${what}-${process.pid}-${startTimeOf(process.pid) ?? 0}-`));
}

/** Makes the folder of all mirrors, and removes what killed responders left in it. */
export async function openMirrors(mirrors: string): Promise<void> {
  await mkdir(mirrors, { recursive: true, mode: 0o700 });
  for (const name of await readdir(mirrors)) {
    const [, pid, started] = NAME.exec(name) ?? [];
    if (pid === undefined || startTimeOf(Number(pid)) === started) continue;
    await rm(join(mirrors, name), { recursive: true, force: true });
  }
}
