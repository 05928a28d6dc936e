import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { appendFile, readdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../process/log.ts";
import { git, gitBytes, GitFailure, type GitOptions } from "./git.ts";
import { withLock } from "./lock.ts";
import { passingFolder } from "./passing-folder.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import { isRemoteError, type Remote } from "./remote.ts";

/** How many commits back from a commit: that one alone is 1. */
export type Depth = number | "full";

/** Each fetch leaves a pack; past so many they are made one. */
const MAX_PACKS = 24;
/** How far back a branch is looked through for a commit that its host does not give by name. */
const LOOK_BACK = 50;

/** A repository's mirror on this machine, locked by this process. */
export interface GitMirror {
  readonly folder: string;
  readonly remote: Remote;
  /** Runs git in it, without any remote. */
  git(args: readonly string[], options?: Pick<GitOptions, "input">): Promise<string>;
  /** The same for binary output. */
  bytes(args: readonly string[]): Promise<Buffer>;
  /** Fetches from the remote unless it is here. `ref` is where else it may be found. */
  bring(commit: string, depth: Depth, ref?: string): Promise<void>;
  /**
   * Fetches the tag `ref` and resolves with the object that it names: an annotated tag's own object, or the commit.
   * Where the tag is gone or elsewhere, resolves with the commit.
   */
  bringTag(ref: string, commit: string, depth: Depth): Promise<string>;
  /** Fetches every branch and tag with all their history. */
  bringAll(): Promise<void>;
  /** Whether its histories are whole. */
  isComplete(): boolean;
}

/** Of the commits' names. */
export type Format = "sha1" | "sha256";

export interface GitMirrorOptions {
  readonly mirrors: string;
  /** The owner: repositories that differ in it never share a mirror. */
  readonly owner: readonly string[];
  readonly format: Format;
  readonly remote: Remote;
  readonly log: Log;
  readonly signal: AbortSignal;
}

export function mirrorFolder({
  mirrors,
  owner,
  format,
}: Pick<GitMirrorOptions, "mirrors" | "owner" | "format">): string {
  return join(mirrors, digest(JSON.stringify([...owner, format])).slice(0, 32));
}

/** Calls `use` with the mirror. A broken mirror is replaced once, and `use` is called again. */
export async function inMirror<Value>(
  options: GitMirrorOptions,
  use: (mirror: GitMirror) => Promise<Value>,
): Promise<Value> {
  const { remote, log, signal } = options;
  const folder = mirrorFolder(options);
  return withLock(`${folder}.lock`, signal, async () => {
    const isOld = existsSync(folder);
    if (!isOld) await make(options, folder);
    // The least recently used mirrors are removed first.
    const now = new Date();
    await utimes(folder, now, now);
    try {
      return await use(openMirror(folder, { remote, signal, isNew: !isOld }));
    } catch (error) {
      if (isRemoteError(error, "object_format_differs") && !isOld) {
        await rm(folder, { recursive: true, force: true });
      }
      if (!(error instanceof GitFailure)) throw error;
      if (!isOld) throw unexplained(error);
      log.warn("a mirror is broken and is made anew", { error: error.message });
    }
    await rm(folder, { recursive: true, force: true });
    await make(options, folder);
    try {
      return await use(openMirror(folder, { remote, signal, isNew: true }));
    } catch (error) {
      throw error instanceof GitFailure ? unexplained(error) : error;
    } finally {
      log.info("a mirror was made anew", { host: remote.access.address.host });
    }
  });
}

/** A failure in a new mirror has no other explanation than git's own, unless it is about this machine. */
function unexplained(error: GitFailure): Error {
  if (
    /No space left|Read-only file system|Permission denied$|Cannot allocate/m.test(error.stderr)
  ) {
    return error;
  }
  return new CommandRefusal("checkout_failed", `The repository was not fetched. ${error.message}`, {
    cause: error,
  });
}

/**
 * Work trees are fetched from here by a commit's name. Packs go no further than this disk: looking for smaller
 * ones took 250 ms of a checkout of 1,000 files.
 */
const SETTINGS = `[uploadpack]
\tallowAnySHA1InWant = true
[pack]
\twindow = 0
\tcompression = 1
`;

const digest = (text: string) => createHash("sha256").update(text).digest("hex");

async function make({ mirrors, format, signal }: GitMirrorOptions, folder: string): Promise<void> {
  const made = await passingFolder(mirrors, "new");
  const init = ["init", "-q", "--bare", "--template=", `--object-format=${format}`, made];
  await git(init, { cwd: mirrors, signal });
  await appendFile(join(made, "config"), SETTINGS);
  await rename(made, folder);
}

function openMirror(
  folder: string,
  { remote, signal, isNew }: Pick<GitMirrorOptions, "remote" | "signal"> & { isNew: boolean },
): GitMirror {
  const completeFile = join(folder, "deferred-complete");
  const isComplete = () => existsSync(completeFile);
  const local: GitMirror["git"] = (args, options) =>
    git(args, { cwd: folder, signal, env: { GIT_DIR: folder }, ...options });
  /** Commits that were found or fetched: nothing removes them while this process has the lock. */
  const known = new Set<string>();
  let isEmpty = isNew;
  const has = async (commit: string) => {
    if (isEmpty) return false;
    if (known.has(commit)) return true;
    try {
      await local(["cat-file", "-e", `${commit}^{commit}`]);
      known.add(commit);
      return true;
    } catch (error) {
      if (error instanceof GitFailure) return false;
      throw error;
    }
  };
  const fetch = async (depth: Depth, refspecs: readonly string[], more: readonly string[] = []) => {
    const limit =
      isComplete() || depth === "full" ? [...more] : ["--depth", String(depth), ...more];
    if (depth === "full" && existsSync(join(folder, "shallow"))) limit.push("--unshallow");
    isEmpty = false;
    const { url } = remote.access.address;
    const how = ["--progress", "--no-tags", "--no-write-fetch-head", "--no-show-forced-updates"];
    await remote.git(["fetch", ...how, "--force", ...limit, "--", url, ...refspecs], folder);
  };
  /** Whether the host served it: it does not serve commits that a forced push removed. */
  const given = async (fetching: Promise<void>) => {
    try {
      await fetching;
      return true;
    } catch (error) {
      if (isRemoteError(error, "commit_unknown", "ref_unknown")) return false;
      throw error;
    }
  };
  const bringAll = async () => {
    await fetch("full", ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"], ["--prune"]);
    await writeFile(completeFile, "");
  };

  return {
    folder,
    remote,
    git: local,
    bytes: (args) => gitBytes(args, { cwd: folder, signal, env: { GIT_DIR: folder } }),
    isComplete,
    bringAll,
    async bringTag(ref, commit, depth) {
      if (!(await given(fetch(depth, [`+${ref}:${ref}`])))) return commit;
      const named = await local(["rev-parse", ref, `${ref}^{}`]);
      const [object = "", peeled] = named.split("\n");
      return peeled === commit ? object : commit;
    },
    async bring(commit, depth, ref) {
      const isHere = async () => has(commit);
      if ((depth === 1 || isComplete()) && (await isHere())) return;
      const kept = `refs/deferred/${digest(ref ?? "").slice(0, 16)}`;
      if (depth === "full") await bringAll();
      if (depth === "full" && (await isHere())) return;
      if (await given(fetch(depth, [`+${commit}:${kept}`]))) {
        known.add(commit);
        return;
      }
      if (ref !== undefined) {
        for (const back of [1, LOOK_BACK]) {
          if (!(await given(fetch(back, [`+${ref}:${kept}`])))) break;
          if (depth === 1 && (await isHere())) return;
        }
      }
      if (!isComplete()) await bringAll();
      if (await isHere()) return;
      throw new CommandRefusal(
        "checkout_failed",
        `The repository has no commit ${commit}: it may have been replaced by a forced push. Push it again, or run it at another commit.`,
      );
    },
  };
}

/** Merges packs, so that the next fetch searches fewer, and removes incomplete ones. */
export async function tidy(mirror: GitMirror): Promise<void> {
  const packs = join(mirror.folder, "objects/pack");
  const files = await readdir(packs);
  for (const name of files)
    if (name.startsWith("tmp_")) await rm(join(packs, name), { force: true });
  if (files.filter((name) => name.endsWith(".pack")).length <= MAX_PACKS) return;
  // A full repack drops unreachable objects; complete histories are too large for one.
  await mirror.git(["repack", "-q", "-d", mirror.isComplete() ? "--geometric=2" : "-a"]);
}
