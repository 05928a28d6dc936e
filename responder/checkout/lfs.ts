import { execFile } from "node:child_process";
import { copyFile, mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as v from "valibot";
import { git } from "./git.ts";
import { downloadObjects, type LfsObject } from "./lfs-download.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import type { Remote } from "./remote.ts";

const FILTER = {
  clean: "git-lfs clean -- %f",
  smudge: "git-lfs smudge -- %f",
  process: "git-lfs filter-process",
  required: "true",
};

/**
 * The one filter that runs at a checkout: ours, whatever the repository calls so. It has what it needs, and
 * where else it would look nothing is.
 */
export const LFS_FILTER: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(FILTER).map(([key, value]) => [`filter.lfs.${key}`, value])),
  "lfs.url": "file:///nonexistent",
};

/** The same in a tree's own settings, for the commands' git. */
export function lfsSettings(): string {
  const lines = Object.entries(FILTER).map(([key, value]) => `\t${key} = ${value}\n`);
  return `[filter "lfs"]\n${lines.join("")}`;
}

const ListSchema = v.object({
  files: v.nullable(
    v.array(
      v.object({
        oid: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
        size: v.pipe(v.number(), v.minValue(0)),
      }),
    ),
  ),
});

/**
 * Fetches the large files of a commit into the repository, from where its own host keeps them. git-lfs itself
 * would go wherever the host sends it, private addresses among them.
 */
export async function fetchLfs(
  folder: string,
  commit: string,
  remote: Remote,
  signal: AbortSignal,
): Promise<void> {
  try {
    await promisify(execFile)("git-lfs", ["version"]);
  } catch (error) {
    throw new CommandRefusal(
      "checkout_failed",
      "The repository's large files need git-lfs, which is not on this machine: have its operator install it (apt-get install git-lfs), or set the project to do without.",
      { cause: error },
    );
  }
  const list = await git(["lfs", "ls-files", "--json", commit], {
    cwd: folder,
    signal,
    env: { GIT_DIR: folder },
  });
  const { files } = v.parse(ListSchema, JSON.parse(list));
  const wanted = new Map<string, LfsObject>();
  for (const { oid, size } of files ?? []) {
    const path = join(folder, "lfs", pathOf(oid));
    if (wanted.has(oid) || (await sizeOf(path)) === size) continue;
    await mkdir(dirname(path), { recursive: true });
    wanted.set(oid, { oid, size, path });
  }
  if (wanted.size === 0) return;
  const { protocol, url } = remote.access.address;
  if (protocol === "file") await copyObjects([...wanted.values()], fileURLToPath(url));
  else await downloadObjects([...wanted.values()], remote.access, signal);
}

const pathOf = (oid: string) => `objects/${oid.slice(0, 2)}/${oid.slice(2, 4)}/${oid}`;

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}

async function copyObjects(objects: readonly LfsObject[], repository: string): Promise<void> {
  for (const { oid, path } of objects) {
    const bare = join(repository, "lfs", pathOf(oid));
    const stored =
      (await sizeOf(bare)) === undefined ? join(repository, ".git/lfs", pathOf(oid)) : bare;
    await copyFile(stored, path).catch((error: unknown) => {
      throw new CommandRefusal(
        "checkout_failed",
        `The repository has no content of the large file ${oid}: push it with git lfs push.`,
        { cause: error },
      );
    });
  }
}
