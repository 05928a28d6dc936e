import { GitHubAppError } from "../../projects/github/app-error.ts";
import { gitHubRepository, type GitHubRepository } from "../../projects/github/repository.ts";
import type { GitHubToken } from "../../projects/project-credentials.ts";
import type { Project, Projects } from "../../projects/projects.ts";
import type { SendOutcome } from "../outcome.ts";
import { namedCommit } from "../run-facts.ts";
import type { Channel, NoticeRow } from "./channel.ts";
import { isTold, statusBody } from "./status-body.ts";
import { createStatusSender } from "./status-calls.ts";

export interface CommitStatusChannelDeps {
  projects: Pick<Projects, "writesStatuses" | "githubToken" | "forgetAppTokens">;
  /** REST API of a GitHub Enterprise server. */
  gitHubApi: string | undefined;
  /** The server's public URL. */
  url: string;
  now: () => number;
}

const NO_TOKEN: SendOutcome = {
  kind: "never",
  answer: "The project has no token for this repository any more.",
};

/** Writes the status of a commit at GitHub. */
export function createCommitStatusChannel(deps: CommitStatusChannelDeps): Channel {
  const { projects, url } = deps;
  const sendStatus = createStatusSender(deps.now);

  /** Undefined where the project may not write there. */
  async function repositoryOf(project: Project): Promise<GitHubRepository | undefined> {
    const found = project.repository && gitHubRepository(project.repository, deps.gitHubApi);
    if (!found) return undefined;
    return (await projects.writesStatuses(project.slug)) ? found : undefined;
  }

  /** The project's token, or the reason why there is none. */
  async function tokenOf(slug: string): Promise<GitHubToken | SendOutcome> {
    try {
      return (await projects.githubToken(slug)) ?? NO_TOKEN;
    } catch (error) {
      if (!(error instanceof GitHubAppError)) throw error;
      const { message: answer, afterMs, isTransient } = error;
      return isTransient ? { kind: "again", answer, afterMs } : { kind: "never", answer };
    }
  }

  return {
    kind: "commit_status",
    label: "Commit status",
    ordered: "by run",
    keepsLatest: true,

    async drafts(row, project) {
      const commit = namedCommit(row);
      if (commit === undefined || !isTold(row)) return [];
      const repository = await repositoryOf(project);
      if (!repository) return [];
      const body = statusBody(row, url);
      const target = `${repository.name}@${commit}`;
      return [{ target, what: body.state, body: JSON.stringify(body) }];
    },

    async send({ target, body }: NoticeRow, project, signal) {
      const repository = await repositoryOf(project);
      if (!repository || !target.startsWith(`${repository.name}@`)) return NO_TOKEN;
      const found = await tokenOf(project.slug);
      if ("kind" in found) return found;
      const { token, ofApp } = found;
      const outcome = await sendStatus({ api: repository.api, token, target, body, signal });
      if (outcome.kind !== "never" || !outcome.tokenRefused || !ofApp) return outcome;
      projects.forgetAppTokens(project.slug);
      return { kind: "again", answer: "GitHub refused the App's token: another is asked for." };
    },
  };
}
