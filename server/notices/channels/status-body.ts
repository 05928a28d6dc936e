import { pagePaths } from "../../../protocol/paths.ts";
import { isEnded, type RunState } from "../../../protocol/run.ts";
import { fromJson } from "../../database/json.ts";
import type { RunRow } from "../../runs/record.ts";
import { stateLine } from "../../runs/state-line.ts";

/** Triggers of runs that decide a commit's status. */
const TOLD_TRIGGERS = ["push", "pull_request", "replay"];

/** A run is reported as pending once, whatever happens between its start and its end. */
export function isTold({ state, trigger, noticed }: Pick<RunRow, "state" | "trigger" | "noticed">) {
  return TOLD_TRIGGERS.includes(trigger ?? "") && (isEnded(state) || noticed === null);
}

function describe(row: RunRow): string {
  if (row.ending === null) return "The run is waiting or under way.";
  const { text, note } = stateLine({
    state: row.state,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    behind: false,
    ending: fromJson(row.ending),
  });
  return note ? `${text} ${note}` : text;
}

/** States of a commit, in the words of GitHub, Gitea and Forgejo. */
type StatusState = "pending" | "success" | "failure" | "error";

export interface StatusBody {
  state: StatusState;
  target_url: string;
  description: string;
  context: string;
}

/** The context that distinguishes this product's statuses from others'. */
const CONTEXT = "deferred-runner";
const MAX_DESCRIPTION = 140;

function statusState(state: RunState): StatusState {
  switch (state) {
    case "succeeded":
      return "success";
    case "failed":
    case "timed_out":
    case "killed":
      return "failure";
    case "canceled":
    case "errored":
      return "error";
    default:
      return "pending";
  }
}

/** The status that a run gives its commit. `url`: the server's public URL. */
export function statusBody(row: RunRow, url: string): StatusBody {
  const description = describe(row);
  return {
    state: statusState(row.state),
    target_url: url + pagePaths.run(row.project, row.id),
    description:
      description.length > MAX_DESCRIPTION
        ? `${description.slice(0, MAX_DESCRIPTION - 1)}…`
        : description,
    context: CONTEXT,
  };
}
