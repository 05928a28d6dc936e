import type { CommandWork } from "../../protocol/command.ts";
import { matchesWildcard } from "../../protocol/glob.ts";
import { skipWords } from "../../protocol/skip-words.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import type { CommitTree } from "./commit-tree.ts";

/**
 * Throws where a pushed commit's message asks to skip the run. GitHub sends no message with a pull request, so the
 * server can't check it. The run is canceled: a success would satisfy a required check.
 */
export function refuseSkipped({ task, trigger }: CommandWork, { message }: CommitTree): void {
  const words = skipWords(message);
  const isPush = task.do === "file" && (trigger === "push" || trigger === "pull_request");
  if (words === undefined || !isPush) return;
  throw new CommandRefusal("commit_skips", `It says ${words}.`);
}

/**
 * The pushed branch, where the file excludes it; undefined: the run goes on. Only pushes are excluded, not requests of
 * people or schedules.
 */
export function unwantedBranch(
  { task, trigger }: CommandWork,
  tree: CommitTree,
): string | undefined {
  const [, branch] = /^refs\/heads\/(.+)$/.exec(tree.ref ?? "") ?? [];
  const patterns = tree.file?.branches;
  const isPush = task.do === "file" && (trigger === "push" || trigger === "replay");
  if (!isPush || branch === undefined || patterns === undefined) return undefined;
  return patterns.some((pattern) => matchesWildcard(pattern, branch)) ? undefined : branch;
}
