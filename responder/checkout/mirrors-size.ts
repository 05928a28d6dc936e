import { execFile } from "node:child_process";
import { readdir, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ifUnlocked } from "./lock.ts";

const run = promisify(execFile);
const MIRROR = /^[0-9a-f]{32}$/;
/** All mirrors of a machine together. */
const MAX_BYTES = 10 * 2 ** 30;
/** Of a small disk no more than this part. */
const MAX_SHARE = 0.25;

/** Removes the mirrors that were not used for longest, until the others take no more than they may. */
export async function removeOldMirrors(mirrors: string, maxBytes?: number): Promise<void> {
  const { blocks, bsize } = await statfs(mirrors);
  let left = maxBytes ?? Math.min(MAX_BYTES, blocks * bsize * MAX_SHARE);
  const found = await Promise.all(
    (await readdir(mirrors))
      .filter((name) => MIRROR.test(name))
      .map(async (name) => {
        const folder = join(mirrors, name);
        return { folder, usedAt: (await stat(folder).catch(() => undefined))?.mtimeMs ?? 0 };
      }),
  );
  for (const { folder } of found.toSorted((a, b) => b.usedAt - a.usedAt)) {
    left -= await measureFolder(folder);
    if (left >= 0) continue;
    await ifUnlocked(`${folder}.lock`, () => rm(folder, { recursive: true, force: true }));
  }
}

async function measureFolder(folder: string): Promise<number> {
  const { stdout } = await run("du", ["-s", "--block-size=1", "--", folder]).catch(() => ({
    stdout: "0",
  }));
  return Number.parseInt(stdout, 10) || 0;
}
