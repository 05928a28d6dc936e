import { availableParallelism } from "node:os";
import { git, streamGit, type GitRun } from "./git.ts";
import { patchReader, type FileChange } from "./patch-reader.ts";

/** A commit that is no merge, with what it did. */
export interface HistoryCommit {
  readonly commit: string;
  /** Seconds since 1970, of the committer. */
  readonly at: number;
  readonly changes: readonly FileChange[];
}

const MOST_PROCESSES = 4;
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

/**
 * Every commit but merges from HEAD back, branch by branch: none comes before one that builds on it. Several
 * processes of git each take a stretch of it.
 */
export async function readHistory(run: GitRun): Promise<HistoryCommit[]> {
  const list = await git(["log", "--no-merges", "--topo-order", "--format=%H %ct", "HEAD"], run);
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
  const processes = Math.min(MOST_PROCESSES, availableParallelism());
  const each = Math.ceil(commits.length / processes);
  await Promise.all(
    Array.from({ length: processes }, async (_, index) => {
      const part = commits.slice(index * each, (index + 1) * each);
      if (part.length === 0) return;
      const reader = patchReader((commit, change) => changes.get(commit)?.push(change));
      const input = part.map(({ commit }) => `${commit}\n`).join("");
      await streamGit(DIFF, { ...run, input }, (chunk) => reader.write(chunk));
      reader.end();
    }),
  );
  return commits.map(({ commit, at }) => ({ commit, at, changes: changes.get(commit)! }));
}
