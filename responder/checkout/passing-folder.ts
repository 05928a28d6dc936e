import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { readStartTime } from "../process/process-tree.ts";

const NAME = /^(?:secret|new)-(\d+)-(\d+)-/;

/** A temporary folder in `mirrors`; the next start removes it if this process is killed. */
export function passingFolder(mirrors: string, what: "secret" | "new"): Promise<string> {
  return mkdtemp(join(mirrors, `${what}-${process.pid}-${readStartTime(process.pid) ?? 0}-`));
}

/** Creates the folder of all mirrors and removes temporary folders of killed responders. */
export async function openMirrors(mirrors: string): Promise<void> {
  await mkdir(mirrors, { recursive: true, mode: 0o700 });
  for (const name of await readdir(mirrors)) {
    const [, pid, started] = NAME.exec(name) ?? [];
    if (pid === undefined || readStartTime(Number(pid)) === started) continue;
    await rm(join(mirrors, name), { recursive: true, force: true });
  }
}
