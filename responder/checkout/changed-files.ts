import type { Revision } from "../../protocol/command.ts";
import type { ProjectFile } from "../project-file/project-file.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import type { GitMirror } from "./mirror.ts";

/** More files than that count as not known: every pattern of every command is tried on each. */
const MAX_CHANGED = 1000;

/**
 * The files that differ between the commit and where its ref was before the push, if a command of the file has a
 * condition on paths. Undefined where that is not known, such as after a forced push whose old commit is gone.
 */
export async function changedFiles(
  mirror: GitMirror,
  revision: Revision,
  commit: string,
  file: ProjectFile | undefined,
): Promise<readonly string[] | undefined> {
  const { before, ref } = revision.of === "commit" ? revision : {};
  if (before === undefined || !asksForPaths(file)) return undefined;
  try {
    await mirror.bring(before, 1);
  } catch (error) {
    if (error instanceof CommandRefusal) return undefined;
    throw error;
  }
  await mirror.bring(commit, 1, ref);
  const names = await mirror.git([
    "diff-tree",
    "-r",
    "-z",
    "--name-only",
    "--no-renames",
    before,
    commit,
  ]);
  const changed = names.split("\0").filter((name) => name !== "");
  return changed.length > MAX_CHANGED ? undefined : changed;
}

function asksForPaths(file: ProjectFile | undefined): boolean {
  const lists = [file?.commands, ...(file?.schedule.map(({ commands }) => commands) ?? [])];
  return lists.some((commands) => commands?.some(({ when }) => when?.path !== undefined));
}
