import { post, retryAfterMs, type Answer } from "../../http/post.ts";
import { forgeOf } from "../../projects/forge.ts";
import type { Projects } from "../../projects/projects.ts";
import type { SendOutcome } from "../outcome.ts";
import type { Channel } from "./channel.ts";
import type { StatusBody } from "./status-body.ts";
import { createStatusChannel } from "./status-channel.ts";

export interface ForgeStatusChannelDeps {
  projects: Pick<Projects, "forgeToken">;
  /** The host may be at an address that is not public. */
  allowPrivate: boolean;
  /** The server's public URL. */
  url: string;
  now: () => number;
}

/** GitLab's words for the states. */
const GITLAB_STATES = {
  pending: "pending",
  success: "success",
  failure: "failed",
  error: "canceled",
} as const satisfies Record<StatusBody["state"], string>;

/** Writes the status of a commit at GitLab, Gitea or Forgejo. */
export function createForgeStatusChannel(deps: ForgeStatusChannelDeps): Channel {
  const { projects, allowPrivate, url, now } = deps;

  return createStatusChannel({
    kind: "forge_status",
    url,
    async findRepository({ slug, repository, settings }) {
      const forge = repository === null ? undefined : forgeOf(repository, settings.forge);
      const token = forge && (await projects.forgeToken(slug));
      if (!forge || token === undefined) return undefined;
      const { name, title, api } = forge;
      const isGitLab = forge.kind === "gitlab";
      return {
        name,
        ...(isGitLab && { bodyFor: gitLabBody }),
        async send(commit, body, signal) {
          const answer = await post({
            url: isGitLab
              ? `${api}/projects/${encodeURIComponent(name)}/statuses/${commit}`
              : `${api}/repos/${name}/statuses/${commit}`,
            headers: {
              accept: "application/json",
              "content-type": "application/json",
              ...(isGitLab ? { "private-token": token } : { authorization: `token ${token}` }),
            },
            body,
            allowPrivate,
            signal,
          });
          return outcomeOf(answer, title, now());
        },
      };
    },
  });
}

function gitLabBody({ state, context: name, ...rest }: StatusBody): object {
  return { state: GITLAB_STATES[state], name, ...rest };
}

function outcomeOf({ status, headers, text }: Answer, title: string, now: number): SendOutcome {
  if (status === 200 || status === 201) return { kind: "sent", answer: `${title} took it.` };
  // GitLab refuses the state that the commit has already.
  if (status === 400 && /Cannot transition status/.test(text)) {
    return { kind: "sent", answer: `${title} has it already.` };
  }
  const told = `${title} answered ${status}.`;
  if (status === 429 || status === 408 || status >= 500) {
    return { kind: "again", answer: told, afterMs: retryAfterMs(headers["retry-after"], now) };
  }
  if (status === 401 || status === 403 || status === 404) {
    const what = "Give the project a token that may write commit statuses there.";
    return { kind: "never", answer: `${told} ${what}` };
  }
  const isMoved = status >= 300 && status < 400;
  const what = "The repository has another address: deferred projects set --repo URL.";
  return { kind: "never", answer: isMoved ? `${told} ${what}` : told };
}
