import type { CommandWork } from "../../protocol/command.ts";
import { globMatcher, isGlob, matchesWildcard } from "../../protocol/glob.ts";
import type { StepConditions, StepEvent, StepStatus } from "../project-file/project-file.ts";

/** The facts that conditions of a command test. */
export interface StepFacts {
  readonly event: StepEvent;
  /** Short name; undefined where the run is about no branch. */
  readonly branch: string | undefined;
  /** Files that the push changed; undefined where nobody knows: every file may have. */
  readonly changed: readonly string[] | undefined;
  /** The outcome of the commands before. */
  readonly status: StepStatus;
}

/** Why a command does not run, as a sentence; undefined: it runs. Its status is not among the reasons. */
export function unmetCondition(
  { branch, event, path }: StepConditions,
  facts: Omit<StepFacts, "status">,
): string | undefined {
  if (event && !event.includes(facts.event)) {
    return `it runs for ${list(event)}, and this is ${facts.event}`;
  }
  if (
    branch &&
    !branch.some((one) => facts.branch !== undefined && matchesWildcard(one, facts.branch))
  ) {
    return facts.branch === undefined
      ? `it runs on ${list(branch)}, and this run is on no branch`
      : `it runs on ${list(branch)}, and this is ${facts.branch}`;
  }
  const { changed } = facts;
  if (path && changed && !path.some((one) => changed.some(pathMatcher(one)))) {
    return `no file of ${list(path)} was changed`;
  }
  return undefined;
}

/** A pattern, a file, or a folder with all that is in it. */
function pathMatcher(pattern: string): (path: string) => boolean {
  if (isGlob(pattern)) return globMatcher(pattern);
  return (path) => path === pattern || path.startsWith(`${pattern}/`);
}

const list = (names: readonly string[]) => names.join(", ");

/** The cause of the run, in the file's words. A replay counts as what it replays. */
export function stepEvent(trigger: CommandWork["trigger"], ref: string | undefined): StepEvent {
  switch (trigger) {
    case "pull_request":
    case "schedule":
      return trigger;
    case "push":
    case "replay":
      if (ref?.startsWith("refs/tags/")) return "tag";
      return ref === undefined || ref.startsWith("refs/heads/") ? "push" : "pull_request";
    case "exec":
    case "request":
      return "manual";
    default:
      return trigger satisfies never;
  }
}
