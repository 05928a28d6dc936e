import type { RunState } from "../../protocol/run.ts";
import type { Outcome } from "./outcome.ts";
import { post, retryAfterMs, type Answer } from "./post.ts";

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

/** Tells GitHub once; `target` is `owner/name@commit`. */
export async function sendStatus(
  target: string,
  body: string,
  options: { api: string; token: string; signal: AbortSignal; now: number },
): Promise<Outcome> {
  const [name, sha] = target.split("@");
  const answer = await post({
    url: `${options.api}/repos/${name}/statuses/${sha}`,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${options.token}`,
      "content-type": "application/json",
      "x-github-api-version": "2022-11-28",
    },
    body,
    // The operator said where it is.
    allowPrivate: true,
    signal: options.signal,
  });
  return outcomeOf(answer, options.now);
}

function outcomeOf({ status, headers, text }: Answer, now: number): Outcome {
  if (status === 201) return { kind: "sent", answer: "GitHub took it." };
  const said = messageOf(text);
  const answer = `GitHub answered ${status}${said ? `: ${said}` : ""}.`;
  const afterMs = retryAfterMs(headers["retry-after"], now) ?? untilReset(headers, now);
  const limited = status === 429 || (status === 403 && afterMs !== undefined);
  if (limited || status >= 500 || status === 408) return { kind: "again", answer, afterMs };
  if (status === 401 || status === 403 || status === 404) {
    const what = "Give the project a token that may write commit statuses there.";
    return { kind: "never", answer: `${answer} ${what}` };
  }
  return { kind: "never", answer };
}

/** GitHub's own way to say that a token has made its calls for this hour. */
function untilReset(headers: Answer["headers"], now: number): number | undefined {
  if (headers["x-ratelimit-remaining"] !== "0") return undefined;
  const reset = Number(headers["x-ratelimit-reset"]);
  return Number.isFinite(reset) ? Math.max(0, reset * 1000 - now) : undefined;
}

function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === "string" ? message.slice(0, 200).replace(/\.$/, "") : "";
  } catch {
    return "";
  }
}
