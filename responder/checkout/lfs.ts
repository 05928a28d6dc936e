import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { CommandRefusal } from "./refusal.ts";
import type { Remote } from "./remote.ts";

const FILTER = {
  clean: "git-lfs clean -- %f",
  smudge: "git-lfs smudge -- %f",
  process: "git-lfs filter-process",
  required: "true",
};

/** The one filter that runs at a checkout: ours, whatever the repository calls so. */
export const LFS_FILTER: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(FILTER).map(([key, value]) => [`filter.lfs.${key}`, value]),
);

/** The same in a tree's own settings, for the commands' git. */
export function lfsSettings(): string {
  const lines = Object.entries(FILTER).map(([key, value]) => `\t${key} = ${value}\n`);
  return `[filter "lfs"]\n${lines.join("")}`;
}

/** Fetches the large files of a commit into the repository, from where its own host keeps them. */
export async function fetchLfs(folder: string, commit: string, remote: Remote): Promise<void> {
  try {
    await promisify(execFile)("git-lfs", ["version"]);
  } catch (error) {
    throw new CommandRefusal(
      "checkout_failed",
      "The repository's large files need git-lfs, which is not on this machine: have its operator install it (apt-get install git-lfs), or set the project to do without.",
      { cause: error },
    );
  }
  // Else a file of the repository's would say where from.
  await remote.git(["lfs", "fetch", "origin", commit], folder, { "lfs.url": lfsUrl(remote) });
}

function lfsUrl({ access }: Remote): string {
  const { url, protocol } = access.address;
  if (protocol === "file") return url;
  if (protocol === "ssh") return url.includes("://") ? url : `ssh://${url.replace(":", "/")}`;
  return `${url.replace(/\/+$/, "").replace(/(\.git)?$/, ".git")}/info/lfs`;
}
