import { GitHubAppError } from "../../projects/github/app-error.ts";
import { gitHubRepository } from "../../projects/github/repository.ts";
import type { GitHubToken } from "../../projects/project-credentials.ts";
import type { Projects } from "../../projects/projects.ts";
import type { SendOutcome } from "../outcome.ts";
import type { Channel } from "./channel.ts";
import { createStatusSender } from "./status-calls.ts";
import { createStatusChannel, NO_STATUS_TOKEN } from "./status-channel.ts";

export interface CommitStatusChannelDeps {
  projects: Pick<Projects, "writesStatuses" | "githubToken" | "forgetAppTokens">;
  /** REST API of a GitHub Enterprise server. */
  gitHubApi: string | undefined;
  /** The server's public URL. */
  url: string;
  now: () => number;
}

/** Writes the status of a commit at GitHub. */
export function createCommitStatusChannel(deps: CommitStatusChannelDeps): Channel {
  const { projects, url } = deps;
  const sendStatus = createStatusSender(deps.now);

  /** The project's token, or the reason why there is none. */
  async function tokenOf(slug: string): Promise<GitHubToken | SendOutcome> {
    try {
      return (await projects.githubToken(slug)) ?? NO_STATUS_TOKEN;
    } catch (error) {
      if (!(error instanceof GitHubAppError)) throw error;
      const { message: answer, afterMs, isTransient } = error;
      return isTransient ? { kind: "again", answer, afterMs } : { kind: "never", answer };
    }
  }

  return createStatusChannel({
    kind: "commit_status",
    url,
    async findRepository({ slug, repository }) {
      const found = repository && gitHubRepository(repository, deps.gitHubApi);
      if (!found || !(await projects.writesStatuses(slug))) return undefined;
      const { api, name } = found;
      return {
        name,
        async send(commit, body, signal) {
          const taken = await tokenOf(slug);
          if ("kind" in taken) return taken;
          const { token, ofApp } = taken;
          const outcome = await sendStatus({ api, token, name, commit, body, signal });
          if (outcome.kind !== "never" || !outcome.tokenRefused || !ofApp) return outcome;
          projects.forgetAppTokens(slug);
          return { kind: "again", answer: "GitHub refused the App's token: another is asked for." };
        },
      };
    },
  });
}
