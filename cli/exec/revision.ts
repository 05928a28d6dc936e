import { InvalidArgumentError } from "@commander-js/extra-typings";
import { UsageError } from "../errors/cli-error.ts";
import type { Revision } from "../../protocol/command.ts";
import { MAX_NAMED_COMMITS } from "../../protocol/sizes.ts";
import { parseDuration } from "../../protocol/durations.ts";

const DAY_S = 86_400;
const MAX_DAYS = 366;

export const REF = [
  "--ref <REF>",
  "Branch, tag, or a commit by its full name (default: the default branch)",
] as const;
export const HISTORY = [
  "--history <DAYS>",
  "Run at the last commit of each of the last N days, such as 90d",
] as const;
export const TIMEOUT = [
  "--timeout <TIME>",
  "Stop it after this long, such as 10m (default: the file's, or the server's)",
] as const;

/** Days, of `--history`. */
export function readHistory(value: string): number {
  const days = (parseDuration(value) ?? Number.NaN) / DAY_S;
  if (Number.isInteger(days) && days >= 1 && days <= MAX_DAYS) return days;
  throw new InvalidArgumentError(`It has to be 1 to ${MAX_DAYS} whole days, such as 90d`);
}

/** The commits that the options name together. Throws `UsageError`. */
export function readRevision(options: {
  ref?: string | undefined;
  commits?: string[] | undefined;
  history?: number | undefined;
}): Revision {
  const { ref, commits, history } = options;
  if (commits !== undefined) return { of: "commits", commits: checkCommits(commits) };
  if (history !== undefined) {
    return { of: "history", days: history, ...(ref === undefined ? {} : { ref }) };
  }
  if (ref === undefined) return { of: "ref" };
  // A shorter name may as well be a branch's.
  const isCommit = /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(ref);
  return isCommit ? { of: "commit", commit: ref } : { of: "ref", ref };
}

function checkCommits(commits: string[]): string[] {
  const wrong = commits.find((commit) => !/^[0-9a-f]{4,64}$/.test(commit));
  if (wrong !== undefined) {
    throw new UsageError(`"${wrong}" is no commit: 4 to 64 hexadecimal digits`);
  }
  if (commits.length === 0) throw new UsageError("--commits needs at least one");
  if (commits.length <= MAX_NAMED_COMMITS) return commits;
  throw new UsageError(
    `--commits takes ${MAX_NAMED_COMMITS} at most, not ${commits.length}: name the others in another run`,
  );
}
