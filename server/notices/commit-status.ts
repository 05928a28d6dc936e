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

const GITHUB = "https://api.github.com";

export interface GitHubRepository {
  /** Base of the REST API that it is reached by. */
  api: string;
  /** `owner/name`. */
  name: string;
}

/**
 * The repository at GitHub that a URL names, or at the GitHub Enterprise server whose REST API is `api`: a
 * token goes to the API of its own host and to no other.
 */
export function gitHubRepository(
  repository: string,
  api: string | undefined,
): GitHubRepository | undefined {
  const scp = /^[\w.-]+@([\w.-]+):(.+)$/.exec(repository);
  const url = scp ? undefined : URL.parse(repository);
  const host = (scp?.[1] ?? url?.hostname ?? "").toLowerCase();
  const path = (scp?.[2] ?? url?.pathname ?? "").replace(/^\//, "").replace(/(\.git)?\/?$/, "");
  if (!/^[\w.-]+\/[\w.-]+$/.test(path) || path.split("/").some((part) => /^\.+$/.test(part))) {
    return undefined;
  }
  if (host === "github.com") return { api: GITHUB, name: path };
  if (api === undefined) return undefined;
  const own = new URL(api).hostname;
  return host === own || `api.${host}` === own ? { api, name: path } : undefined;
}
