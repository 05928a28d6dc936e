import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as v from "valibot";
import { git } from "./git.ts";
import { downloadLfs } from "./lfs-download.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import type { Remote } from "./remote.ts";

const FILTER = {
  clean: "git-lfs clean -- %f",
  smudge: "git-lfs smudge -- %f",
  process: "git-lfs filter-process",
  required: "true",
};

/** The only filter that runs at a checkout: it finds the downloaded objects and can fetch nothing else. */
export const LFS_FILTER: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(FILTER).map(([key, value]) => [`filter.lfs.${key}`, value])),
  "lfs.url": "file:///nonexistent",
};

/** The filter in a tree's own settings, for the commands' git. */
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

/** Fetches the large files of a commit into the repository, from where its own host keeps them. */
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
  if (!files || files.length === 0) return;
  await downloadLfs({ folder, commit, objects: files, access: remote.access, signal });
}
