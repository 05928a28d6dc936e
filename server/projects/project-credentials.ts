import type { Credential } from "../../protocol/command.ts";
import { SHOWN_CREDENTIALS } from "../../protocol/projects.ts";
import type { Queries } from "../database/database.ts";
import { repositoryToken } from "./credentials.ts";
import { GitHubAppError, NOT_GITHUB } from "./github/app-error.ts";
import type { AppUse, GitHubApp } from "./github/app-token.ts";
import { createAppTokens } from "./github/app-tokens.ts";
import { gitHubRepository } from "./github/repository.ts";
import { isSshUrl } from "./repository-url.ts";
import type { NamedSecret, ProjectSecrets } from "./secrets.ts";

/** A token for GitHub's API. A GitHub App's token can be requested again. */
export interface GitHubToken {
  token: string;
  ofApp: boolean;
}

interface ProjectCredentialsDeps {
  queries: Queries;
  secrets: ProjectSecrets;
  gitHubApi: string | undefined;
  now: () => number;
}

const FOR_CHECKOUT = ["deploy_key", "known_hosts", "repository_token", "github_app"];

type Hosted = { slug: string; repository: string | null };
type Texts = Partial<Record<string, string>>;

/** Credentials for reading projects' repositories and for writing commit statuses. */
export function createProjectCredentials({
  queries,
  secrets,
  gitHubApi,
  now,
}: ProjectCredentialsDeps) {
  const appTokens = createAppTokens(now);

  async function appToken(project: Hosted, app: string, use: AppUse): Promise<string> {
    const repository = gitHubRepository(project.repository ?? "", gitHubApi);
    if (!repository) throw new GitHubAppError("not_github", NOT_GITHUB);
    // Checked by `checkCredentials` before it was stored.
    return appTokens.get(project.slug, use, { app: JSON.parse(app) as GitHubApp, repository });
  }

  const namesOf = async (slug: string) =>
    (await secrets.names(queries, slug, "own")).map(({ name }) => name);

  return {
    /** Names of the stored credentials. */
    async names(slug: string): Promise<(typeof SHOWN_CREDENTIALS)[number][]> {
      const own = await namesOf(slug);
      return SHOWN_CREDENTIALS.filter((name) => own.includes(name));
    },

    /** Those that are stored: when each was set, and by whom. */
    stored: (slug: string): Promise<NamedSecret[]> => secrets.names(queries, slug, "own"),

    /** Whether a token that writes commit statuses on GitHub is stored, or can be asked for. */
    async writesStatuses(slug: string): Promise<boolean> {
      const own = await namesOf(slug);
      return own.includes("github_token") || own.includes("github_app");
    },

    /** The token that writes commit statuses on GitHub. Throws `GitHubAppError`. */
    async forStatuses(project: Hosted): Promise<GitHubToken | undefined> {
      const names = ["github_token", "github_app"];
      const own: Texts = await secrets.values(queries, project.slug, "own", names);
      const { github_token: token, github_app: app } = own;
      if (token !== undefined) return { token, ofApp: false };
      if (app === undefined) return undefined;
      return { token: await appToken(project, app, "statuses"), ofApp: true };
    },

    /** The token that writes commit statuses on GitLab, Gitea or Forgejo. */
    async forForge(slug: string): Promise<string | undefined> {
      const own: Texts = await secrets.values(queries, slug, "own", ["forge_token"]);
      return own["forge_token"];
    },

    /** The credential for fetching the repository. Throws `GitHubAppError`. */
    async forCheckout(project: Hosted): Promise<Credential | undefined> {
      const { slug, repository } = project;
      const own: Texts = await secrets.values(queries, slug, "own", FOR_CHECKOUT);
      if (repository === null) return undefined;
      // ssh takes only keys, https only tokens.
      if (isSshUrl(repository)) {
        const { deploy_key: key, known_hosts } = own;
        return key === undefined
          ? undefined
          : { kind: "deploy_key", private_key: key, known_hosts };
      }
      const { repository_token: stored, github_app: app } = own;
      if (stored !== undefined) return { kind: "token", ...repositoryToken(stored) };
      if (app === undefined) return undefined;
      const token = await appToken(project, app, "checkout");
      return { kind: "token", user: "x-access-token", token };
    },

    /** Drops the tokens of GitHub Apps that a host refused. */
    forgetAppTokens: (slug: string) => appTokens.forget(slug),
  };
}
