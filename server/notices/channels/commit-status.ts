import { pagePaths } from "../../../protocol/paths.ts";
import { isEnded, type RunState } from "../../../protocol/run.ts";
import { fromJson } from "../../database/json.ts";
import { GitHubAppError } from "../../projects/github/app-error.ts";
import { gitHubRepository, type GitHubRepository } from "../../projects/github/repository.ts";
import type { GitHubToken } from "../../projects/project-credentials.ts";
import type { Project, Projects } from "../../projects/projects.ts";
import type { RunRow } from "../../runs/record.ts";
import { stateLine } from "../../runs/state-line.ts";
import type { SendOutcome } from "../outcome.ts";
import { namedCommit } from "../run-facts.ts";
import type { Channel, NoticeRow } from "./channel.ts";
import { createStatusSender } from "./status-calls.ts";

export interface CommitStatusChannelDeps {
  projects: Pick<Projects, "writesStatuses" | "githubToken" | "forgetAppTokens">;
  /** REST API of a GitHub Enterprise server. */
  gitHubApi: string | undefined;
  /** The server's public URL. */
  url: string;
  now: () => number;
}

/** Triggers of runs that decide a commit's status. */
const TOLD_TRIGGERS = ["push", "pull_request", "replay"];
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
      const body = statusBody(row.state, describe(row), url + pagePaths.run(row.project, row.id));
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

/** GitHub's states of a commit. */
type StatusState = "pending" | "success" | "failure" | "error";

interface StatusBody {
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

function statusBody(state: RunState, description: string, pageUrl: string): StatusBody {
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
