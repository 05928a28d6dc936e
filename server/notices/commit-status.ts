import type { RunState } from "../../protocol/run.ts";

/** GitHub's states of a commit. */
export type StatusState = "pending" | "success" | "failure" | "error";

export interface StatusBody {
  state: StatusState;
  target_url: string;
  description: string;
  context: string;
}

/** Where one server's statuses stand among others'. */
export const CONTEXT = "deferred-runner";
const MAX_DESCRIPTION = 140;

export function statusState(state: RunState): StatusState {
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

export function statusBody(state: RunState, description: string, pageUrl: string): StatusBody {
  return {
    state: statusState(state),
    target_url: pageUrl,
    description:
      description.length > MAX_DESCRIPTION
        ? `${description.slice(0, MAX_DESCRIPTION - 1)}…`
        : description,
    context: CONTEXT,
  };
}
