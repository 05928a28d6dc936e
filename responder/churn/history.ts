import { availableParallelism } from "node:os";
import type { Writable } from "node:stream";
import { readGit, streamGit, type GitRun } from "./git.ts";
import { MARK, patchReader, type FileChange } from "./patch-reader.ts";
import { shareOut } from "./share-out.ts";

/** A commit that is no merge, with its changes. */
export interface HistoryCommit {
  readonly commit: string;
  /** Seconds since 1970, of the committer. */
  readonly at: number;
  readonly changes: readonly FileChange[];
}

const MAX_PROCESSES = 4;
const DIFF = [
  "diff-tree",
  "--stdin",
  "-r",
  "--root",
  "-M",
  "-p",
  "-U0",
  "--no-ext-diff",
  "--no-textconv",
];

/** Commits that a process of git is given at a time. */
const PORTION = 50;

/** All commits except merges from HEAD back, in topological order. Several git processes share the work. */
export async function readChanges(run: GitRun): Promise<HistoryCommit[]> {
  const list = await readGit(
    ["log", "--no-merges", "--topo-order", "--format=%H %ct", "HEAD"],
    run,
  );
  const commits = list
    .trimEnd()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => ({
      commit: line.slice(0, line.indexOf(" ")),
      at: Number(line.slice(line.indexOf(" "))),
    }));
  const changes = new Map<string, FileChange[]>();
  for (const { commit } of commits) changes.set(commit, []);
  const processes = Math.min(MAX_PROCESSES, availableParallelism());
  const portions = shareOut(commits, processes, PORTION);
  await Promise.all(portions.map((next) => readPortions(next, changes, run)));
  return commits.map(({ commit, at }) => ({ commit, at, changes: changes.get(commit)! }));
}

/** One process of git, given the next portion when it has done one. */
async function readPortions(
  next: () => readonly { readonly commit: string }[],
  changes: ReadonlyMap<string, FileChange[]>,
  run: GitRun,
): Promise<void> {
  let give = () => {};
  const reader = patchReader(
    (commit, change) => changes.get(commit)?.push(change),
    () => give(),
  );
  const input = (stdin: Writable) => {
    give = () => {
      const portion = next();
      if (portion.length === 0) stdin.end();
      else stdin.write(portion.map(({ commit }) => `${commit}\n`).join("") + `${MARK}\n`);
    };
    give();
  };
  await streamGit(DIFF, { ...run, input }, (chunk) => reader.write(chunk));
}
