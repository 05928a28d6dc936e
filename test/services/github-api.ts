import type { PlayedApp } from "./github-app.ts";
import type { PlayedHooks } from "./github-hooks.ts";
import { startReceiver, type ReceivedCall, type ReceiverAnswer } from "./receiver.ts";

interface CommitStatus {
  sha: string;
  state: string;
  target_url: string;
  description: string;
  context: string;
}

/**
 * GitHub's call that makes a commit status, with what GitHub checks of it:
 * https://docs.github.com/en/rest/commits/statuses#create-a-commit-status
 */
export async function startGitHubApi(options: {
  /** The token that may write, or the App whose tokens may, and the repository it may write to. */
  token?: string;
  app?: PlayedApp;
  repository: string;
  /** Its webhooks. */
  hooks?: PlayedHooks;
  /** Answers that come before GitHub's own. */
  failures?: ReceiverAnswer[];
}) {
  const statuses: CommitStatus[] = [];
  const failures = options.failures ?? [];

  async function answer(call: ReceivedCall): Promise<ReceiverAnswer> {
    const failure = failures.shift();
    if (failure) return failure;
    const { authorization, accept, "user-agent": agent } = call.headers;
    if (!agent) return refused(403, "Request forbidden by administrative rules.");
    if (!authorization) return refused(404, "Not Found");
    const ofHooks = await options.hooks?.answer(call);
    if (ofHooks) return ofHooks;
    const ofApp = await options.app?.answer(call);
    if (ofApp) return ofApp;
    const given = authorization.slice("Bearer ".length);
    if (given !== options.token && !options.app?.mayWriteStatuses(given)) {
      return refused(401, "Bad credentials");
    }
    if (!/^application\/(vnd\.github\+json|json)|\*\/\*/.test(accept ?? "")) {
      return refused(415, "Must accept 'application/json'");
    }
    const [, name, sha] = /^\/repos\/([^/]+\/[^/]+)\/statuses\/([^/?]+)$/.exec(call.path) ?? [];
    if (call.method !== "POST" || name !== options.repository) return refused(404, "Not Found");
    if (!/^[0-9a-f]{40}$/.test(sha!)) return refused(422, `No commit found for SHA: ${sha}`);
    let body: Partial<CommitStatus>;
    try {
      body = JSON.parse(call.body) as Partial<CommitStatus>;
    } catch {
      return refused(400, "Problems parsing JSON");
    }
    const { state, target_url: target = "", description = "", context = "default" } = body;
    if (!["error", "failure", "pending", "success"].includes(state ?? "")) {
      return refused(422, "Validation Failed");
    }
    if (description.length > 140) return refused(422, "Validation Failed");
    if (target && !/^https?:\/\//.test(target)) return refused(422, "Validation Failed");
    const status = { sha: sha!, state: state!, target_url: target, description, context };
    statuses.push(status);
    return { status: 201, body: { id: statuses.length, ...status } };
  }

  const { url, calls } = await startReceiver(answer);
  return { url, calls, statuses, failures };
}

function refused(status: number, message: string): ReceiverAnswer {
  return { status, body: { message, documentation_url: "https://docs.github.com/rest" } };
}
