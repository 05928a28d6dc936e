import type { Revision } from "../../protocol/command.ts";
import { MAX_NAMED_COMMITS } from "../../protocol/sizes.ts";
import type { Arguments, Option } from "../command.ts";
import { parseDuration } from "../duration.ts";

const DAY_S = 86_400;
const MOST_DAYS = 366;

export const REF_OPTION: Option = {
  type: "string",
  value: "REF",
  help: "Branch, tag, or a commit by its full name (default: the default branch)",
};

/** The commit, or the tip of the branch or tag, that `--ref` names. */
export function refRevision(args: Arguments): Revision {
  const ref = args.text("ref");
  if (ref === undefined) return { of: "ref" };
  return isCommit(ref) ? { of: "commit", commit: ref } : { of: "ref", ref };
}

/** Which commits `--ref`, `--commits` and `--history` name together. Throws a usage error. */
export function readRevision(args: Arguments): Revision {
  const commits = args.commaList("commits");
  const history = args.text("history");
  const ref = args.text("ref");
  if (commits !== undefined) {
    if (ref !== undefined || history !== undefined) {
      throw args.wrong("--commits goes with neither --ref nor --history");
    }
    const wrong = commits.find((commit) => !/^[0-9a-f]{4,64}$/.test(commit));
    if (wrong !== undefined)
      throw args.wrong(`"${wrong}" is no commit: 4 to 64 hexadecimal digits`);
    if (commits.length === 0) throw args.wrong("--commits needs at least one");
    if (commits.length > MAX_NAMED_COMMITS) {
      const most = `--commits takes ${MAX_NAMED_COMMITS} at most, not ${commits.length}`;
      throw args.wrong(`${most}: name the others in another run`);
    }
    return { of: "commits", commits };
  }
  if (history === undefined) return refRevision(args);
  const days = (parseDuration(history) ?? Number.NaN) / DAY_S;
  if (!Number.isInteger(days) || days < 1 || days > MOST_DAYS) {
    throw args.wrong(
      `--history has to be 1 to ${MOST_DAYS} whole days, such as 90d, not "${history}"`,
    );
  }
  return { of: "history", days, ...(ref === undefined ? {} : { ref }) };
}

/** A full name is a commit's; what is shorter may as well be a branch's. */
function isCommit(ref: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(ref);
}
