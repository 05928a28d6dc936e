import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { appendFile, cp, mkdir, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { git } from "./git.ts";
import { fetchLfs, LFS_FILTER, lfsSettings } from "./lfs.ts";
import type { Depth, GitMirror } from "./mirror.ts";
import { submoduleSettings, type Submodule } from "./submodule.ts";

const run = promisify(execFile);

export interface TreeOptions {
  readonly mirror: GitMirror;
  readonly commit: string;
  readonly depth: Depth;
  /** Full name of the branch that is checked out; undefined: none is. */
  readonly branch: string | undefined;
  /** The tag that is checked out, in full, and the object that it names; undefined: none is. */
  readonly tag: { readonly ref: string; readonly object: string } | undefined;
  readonly submodules: readonly Submodule[];
  readonly lfs: boolean;
  readonly owner: number | undefined;
  readonly signal: AbortSignal;
}

/**
 * Makes a work tree in the empty folder `tree`, with a repository of its own that shares no file with the
 * mirror. Its files are written by git as their owner, and neither filter, hook nor monitor of theirs runs:
 * their settings name none, and git's environment here wins over them.
 */
export async function makeTree(tree: string, options: TreeOptions): Promise<void> {
  const { mirror, commit, depth, branch, tag, submodules, lfs, owner, signal } = options;
  const folder = join(tree, ".git");
  // A first try with a broken mirror may have left it.
  await rm(folder, { recursive: true, force: true });
  const format = commit.length === 64 ? "sha256" : "sha1";
  await git(["init", "-q", "--template=", `--object-format=${format}`, tree], {
    cwd: tree,
    signal,
  });
  const { url } = mirror.remote.access.address;
  const more = submoduleSettings(submodules) + (lfs ? lfsSettings() : "");
  await appendFile(join(folder, "config"), settings(url, branch) + more);
  if (depth === "full") await copyObjects(mirror, folder);
  else {
    await git(
      [
        ...["fetch", "-q", "--no-tags", "--no-write-fetch-head", "--depth", String(depth)],
        ...["--", `file://${mirror.folder}`, `+${commit}:refs/deferred/commit`],
        ...(tag === undefined ? [] : [`+${tag.object}:refs/deferred/tag`]),
      ],
      { cwd: folder, signal, protocols: ["file"], env: { GIT_DIR: folder } },
    );
    await rm(join(folder, "refs/deferred"), { recursive: true });
  }
  const refs = depth === "full" ? await readTags(mirror) : new Map<string, string>();
  if (tag !== undefined) refs.set(tag.ref, tag.object);
  await writeRefs(folder, commit, branch, refs);
  if (lfs) await fetchLfs(folder, commit, mirror.remote, signal);
  if (owner !== undefined) await give(tree, owner);
  // With progress output: creating many empty files counts as no I/O.
  await git(["read-tree", "-v", "--reset", "-u", "HEAD"], {
    cwd: tree,
    signal,
    uid: owner,
    env: { GIT_DIR: folder, GIT_WORK_TREE: tree },
    ...(lfs ? { config: LFS_FILTER } : {}),
  });
}

function settings(url: string, branch: string | undefined): string {
  const value = (text: string) => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
  const short = branch?.replace(/^refs\/heads\//, "");
  const lines = [
    `[remote "origin"]`,
    `\turl = ${value(url)}`,
    `\tfetch = +refs/heads/*:refs/remotes/origin/*`,
    ...(branch === undefined
      ? []
      : [`[branch ${value(short!)}]`, "\tremote = origin", `\tmerge = ${value(branch)}`]),
  ];
  return `${lines.join("\n")}\n`;
}

/** Whole histories are copied as they lie there: packing them anew would take seconds. */
async function copyObjects(mirror: GitMirror, folder: string): Promise<void> {
  const objects = "objects";
  await cp(join(mirror.folder, objects), join(folder, objects), { recursive: true, force: true });
}

/** The object that each tag names, by full name. */
async function readTags(mirror: GitMirror): Promise<Map<string, string>> {
  const tags = await mirror.git(["for-each-ref", "--format=%(refname) %(objectname)", "refs/tags"]);
  const lines = tags.split("\n").filter((line) => line !== "");
  return new Map(lines.map((line) => line.split(" ") as [string, string]));
}

/** Written as packed refs: a branch's or tag's name comes from others and must not become a path. */
async function writeRefs(
  folder: string,
  commit: string,
  branch: string | undefined,
  refs: Map<string, string>,
): Promise<void> {
  if (branch !== undefined) {
    refs.set(branch, commit);
    refs.set(branch.replace(/^refs\/heads\//, "refs/remotes/origin/"), commit);
  }
  const lines = [...refs].map(([name, object]) => `${object} ${name}\n`);
  await writeFile(join(folder, "packed-refs"), lines.join(""));
  await writeFile(join(folder, "HEAD"), branch === undefined ? `${commit}\n` : `ref: ${branch}\n`);
}

async function give(tree: string, owner: number): Promise<void> {
  await run("chown", ["-hR", `${owner}:${owner}`, tree]);
}

/**
 * Spreads trees over the disk: ext4 then gives each its own region. Otherwise it searches for free inodes one by one
 * beside trees removed less than five seconds ago: 550 ms for 1,000 files instead of 25.
 */
export async function spreadTrees(making: string): Promise<void> {
  await run("chattr", ["+T", making]).catch(() => {});
}

/** An empty folder for a tree that is being made. */
export async function newTree(making: string): Promise<string> {
  const folder = join(making, randomUUID());
  await mkdir(folder, { mode: 0o755 });
  return folder;
}

/** Removes a tree as its owner: whatever commands left there, only their own files are reached. */
export async function removeTree(tree: string, owner: number | undefined): Promise<void> {
  const as = owner === undefined ? {} : { uid: owner, gid: owner };
  const clear = () => run("rm", ["-rf", "--one-file-system", "--", tree], as).catch(() => {});
  await clear();
  try {
    await rmdir(tree);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    // Folders that their own user may not enter.
    await run("chmod", ["-R", "u+rwx", "--", tree], as).catch(() => {});
    await clear();
    await rmdir(tree);
  }
}
