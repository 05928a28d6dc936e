import type { Project } from "../projects/projects.ts";
import {
  commitOf,
  isNoCommit,
  leftOut,
  refInWords,
  skippedBy,
  type Decision,
  type PushedCommit,
} from "./decision.ts";

/** A push, in a form that every provider's payload maps to. */
export interface Push {
  ref: string;
  before?: string | undefined;
  after: string;
  /** The commit to check out, where it is not `after`: that of an annotated tag. */
  head: PushedCommit | string | undefined;
  deleted: boolean;
  commits: PushedCommit[];
}

function changesSince(before: string | undefined): { before?: string } {
  return before === undefined || isNoCommit(before) ? {} : { before };
}

/** Decides on a push for a project. */
export function decidePush(push: Push, project: Pick<Project, "settings">): Decision {
  const { ref, before, after, head, deleted } = push;
  const where = refInWords(ref);
  if (deleted || isNoCommit(after)) return { ignored: `The ${where} was deleted.` };
  if (before === after) return { ignored: `The ${where} is where it was: nothing was pushed.` };
  if (head === undefined && push.commits.length === 0) {
    return { ignored: `The push to ${where} brought no commit.` };
  }
  const why = leftOut(ref, project);
  if (why !== undefined) return { ignored: why };

  const id = typeof head === "object" ? head.id : (head ?? after);
  const { commits } = push;
  const isListed = commits.some((commit) => commit.id === id);
  const known = typeof head === "object" && !isListed ? [...commits, head] : commits;
  const message = known.findLast((commit) => commit.id === id)?.message;
  const skipped = skippedBy(message);
  if (skipped !== undefined) return { ignored: skipped };
  return {
    run: {
      trigger: "push",
      revision: { of: "commit", commit: id, ref, ...changesSince(before) },
      task: { do: "file" },
      stranger: false,
      title: message?.trim() || `${id.slice(0, 12)} on ${where}`,
      ref,
      commits: known.map(commitOf),
      laneOf: ref,
    },
  };
}
