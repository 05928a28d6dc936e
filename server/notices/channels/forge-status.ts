import { post, retryAfterMs, type Answer } from "../../http/post.ts";
import { forgeOf, type Forge } from "../../projects/forge.ts";
import type { Project, Projects } from "../../projects/projects.ts";
import type { SendOutcome } from "../outcome.ts";
import { namedCommit } from "../run-facts.ts";
import type { Channel } from "./channel.ts";
import { isTold, statusBody, type StatusBody } from "./status-body.ts";

export interface ForgeStatusChannelDeps {
  projects: Pick<Projects, "forgeToken">;
  /** The host may be at an address that is not public. */
  allowPrivate: boolean;
  /** The server's public URL. */
  url: string;
  now: () => number;
}

const NO_TOKEN: SendOutcome = {
  kind: "never",
  answer: "The project has no token for this repository any more.",
};
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

  async function forgeWithToken({ slug, repository, settings }: Project) {
    const forge = repository === null ? undefined : forgeOf(repository, settings.forge);
    const token = forge && (await projects.forgeToken(slug));
    return token === undefined ? undefined : { ...forge!, token };
  }

  return {
    kind: "forge_status",
    label: "Commit status",
    ordered: "by run",
    keepsLatest: true,

    async drafts(row, project) {
      const commit = namedCommit(row);
      if (commit === undefined || !isTold(row)) return [];
      const forge = await forgeWithToken(project);
      if (!forge) return [];
      const status = statusBody(row, url);
      const body = JSON.stringify(bodyFor(forge, status));
      return [{ target: `${forge.name}@${commit}`, what: status.state, body }];
    },

    async send({ target, body }, project, signal) {
      const forge = await forgeWithToken(project);
      if (!forge || !target.startsWith(`${forge.name}@`)) return NO_TOKEN;
      const commit = target.slice(forge.name.length + 1);
      const isGitLab = forge.kind === "gitlab";
      const answer = await post({
        url: isGitLab
          ? `${forge.api}/projects/${encodeURIComponent(forge.name)}/statuses/${commit}`
          : `${forge.api}/repos/${forge.name}/statuses/${commit}`,
        headers: {
          accept: "application/json",
          "content-type": "application/json",
          ...(isGitLab
            ? { "private-token": forge.token }
            : { authorization: `token ${forge.token}` }),
        },
        body,
        allowPrivate,
        signal,
      });
      return outcomeOf(answer, forge.title, now());
    },
  };
}

function bodyFor({ kind }: Forge, status: StatusBody): object {
  if (kind === "gitea") return status;
  const { state, context: name, ...rest } = status;
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
