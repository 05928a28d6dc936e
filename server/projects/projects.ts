import { fromJson } from "../database/json.ts";
import type { Selectable } from "kysely";
import * as v from "valibot";
import type { Credential } from "../../protocol/command.ts";
import type { BlockNetwork } from "../../protocol/network.ts";
import { ProjectSettingsSchema, type ProjectSettings } from "../../protocol/projects.ts";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/schema.ts";
import { GitHubAppError, NOT_GITHUB } from "./github/app-error.ts";
import type { AppUse, GitHubApp } from "./github/app-token.ts";
import { createAppTokens } from "./github/app-tokens.ts";
import { gitHubRepository } from "../notices/commit-status.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { AddressOptions } from "./address.ts";
import { createChanges } from "./changes.ts";
import { repositoryToken } from "./credentials.ts";
import { createKeys } from "./keys.ts";
import { isSshUrl } from "./repository-url.ts";
import type { Sealing } from "../database/sealing.ts";
import { createProjectSecrets } from "./secrets.ts";
import { createTokens } from "../accounts/tokens.ts";

export interface ProjectsDeps {
  database: Database;
  sealing: Sealing;
  addresses: AddressOptions;
  /** REST API of a GitHub Enterprise server; absent: github.com alone. */
  gitHubApi?: string | undefined;
  now: () => number;
}

/** A project with its settings parsed. */
export interface Project {
  slug: string;
  repository: string | null;
  defaultBranch: string | null;
  settings: ProjectSettings;
  createdAt: number;
}

/** What its commands are executed with. */
export interface ProjectForCommands extends Project {
  credential: Credential | undefined;
  /** By name. */
  secrets: Record<string, string>;
}

/** A token for GitHub's API, and whether it is a GitHub App's, which can be had anew. */
export interface GitHubToken {
  token: string;
  ofApp: boolean;
}

export type Projects = ReturnType<typeof createProjects>;

/** Projects with their settings and secrets, the keys that sign for them, and their owners' tokens. */
export function createProjects(deps: ProjectsDeps) {
  const { database, sealing, addresses, gitHubApi, now } = deps;
  const { queries } = database;
  const secrets = createProjectSecrets(sealing, now);
  const tokens = createTokens(queries, now);
  const appTokens = createAppTokens(now);

  async function find(slug: string): Promise<Project | undefined> {
    const row = await queries
      .selectFrom("projects")
      .selectAll()
      .where("slug", "=", slug)
      .where("removed_at", "is", null)
      .executeTakeFirst();
    return row && projectOf(row);
  }

  async function get(slug: string): Promise<Project> {
    const project = await find(slug);
    if (!project) throw new ApiError("project_not_found");
    return project;
  }

  /** Throws `GitHubAppError`. */
  async function appToken(project: Project, app: string, use: AppUse): Promise<string> {
    const repository = gitHubRepository(project.repository ?? "", gitHubApi);
    if (!repository) throw new GitHubAppError("not_github", NOT_GITHUB);
    return appTokens.get(project.slug, use, { app: JSON.parse(app) as GitHubApp, repository });
  }

  return {
    ...createKeys(queries, now),
    ...createChanges({ database, secrets, tokens, addresses, gitHubApi, now }),
    ...tokens,
    find,
    get,

    /** What its signed blocks may reach. */
    async blockNetwork(slug: string): Promise<BlockNetwork> {
      return (await find(slug))?.settings.block_network ?? "none";
    },

    /** Whether anybody may read what is the project's. */
    async isPublic(slug: string): Promise<boolean> {
      return (await find(slug))?.settings.public === true;
    },

    /** All of them by name, or one. */
    async list(only?: string): Promise<Project[]> {
      const rows = await queries
        .selectFrom("projects")
        .selectAll()
        .where("removed_at", "is", null)
        .$if(only !== undefined, (some) => some.where("slug", "=", only!))
        .orderBy("slug")
        .execute();
      return rows.map(projectOf);
    },

    /** Names of its credentials, without any of them. */
    async credentials(slug: string): Promise<Credentials[]> {
      const own = await secrets.names(queries, slug, "own");
      return SHOWN.filter((shown) => own.some(({ name }) => name === shown));
    },

    /** Throws `project_not_found`: it may be removed at any moment. */
    async hookOf(slug: string): Promise<string> {
      const hook = await queries
        .selectFrom("hooks")
        .select("id")
        .where("project", "=", slug)
        .executeTakeFirst();
      if (!hook) throw new ApiError("project_not_found");
      return hook.id;
    },

    async hookSecret(slug: string): Promise<string> {
      const { hook_secret: secret } = await secrets.values(queries, slug, "own", ["hook_secret"]);
      return secret!;
    },

    /** Whose hook it is. */
    async byHook(id: string): Promise<{ project: Project; secret: string } | undefined> {
      const row = await queries
        .selectFrom("hooks")
        .innerJoin("projects", "projects.slug", "hooks.project")
        .innerJoin("project_secrets", "project_secrets.project", "hooks.project")
        .selectAll("projects")
        .select("project_secrets.sealed")
        .where("hooks.id", "=", id)
        .where("projects.removed_at", "is", null)
        .where("project_secrets.kind", "=", "own")
        .where("project_secrets.name", "=", "hook_secret")
        .executeTakeFirst();
      if (!row) return undefined;
      const secret = sealing.open(row.sealed, [row.slug, "own", "hook_secret"]);
      return { project: projectOf(row), secret };
    },

    putSecret: (slug: string, name: string, value: string) =>
      secrets.put(queries, slug, "secret", name, value),
    removeSecret: (slug: string, name: string) => secrets.remove(queries, slug, "secret", name),
    secretNames: (slug: string) => secrets.names(queries, slug, "secret"),

    /** Whether there is, or can be had, a token that writes commit statuses on GitHub. */
    async writesStatuses(slug: string): Promise<boolean> {
      const own = await secrets.names(queries, slug, "own");
      return own.some(({ name }) => name === "github_token" || name === "github_app");
    },

    /** The token that writes commit statuses on GitHub. Throws `GitHubAppError`. */
    async githubToken(slug: string): Promise<GitHubToken | undefined> {
      const own = await secrets.values(queries, slug, "own", ["github_token", "github_app"]);
      const { github_token: token, github_app: app } = own;
      if (token !== undefined) return { token, ofApp: false };
      if (app === undefined) return undefined;
      return { token: await appToken(await get(slug), app, "statuses"), ofApp: true };
    },

    /** Called where a host refused the project's credential: a token of an App is made anew. */
    forgetAppTokens: (slug: string) => appTokens.forget(slug),

    /**
     * What a machine that executes its commands needs of it as it is now; undefined where it is gone.
     * Throws `GitHubAppError`.
     */
    async forCommands(slug: string): Promise<ProjectForCommands | undefined> {
      const project = await find(slug);
      if (!project) return undefined;
      const own = await secrets.values(queries, slug, "own", FOR_CHECKOUT);
      const named = await secrets.values(queries, slug, "secret");
      let credential = credentialFor(project.repository, own);
      const app = own["github_app"];
      const isHttp = project.repository !== null && !isSshUrl(project.repository);
      if (!credential && app !== undefined && isHttp) {
        const token = await appToken(project, app, "checkout");
        credential = { kind: "token", user: "x-access-token", token };
      }
      return { ...project, credential, secrets: named };
    },
  };
}

const SHOWN = ["deploy_key", "repository_token", "github_token", "github_app"] as const;
type Credentials = (typeof SHOWN)[number];
const FOR_CHECKOUT = ["deploy_key", "known_hosts", "repository_token", "github_app"];

function projectOf(row: Selectable<Tables["projects"]>): Project {
  return {
    slug: row.slug,
    repository: row.repository,
    defaultBranch: row.default_branch,
    settings: v.parse(ProjectSettingsSchema, fromJson(row.settings)),
    createdAt: row.created_at,
  };
}

/** A key is of no use over https, nor a token over ssh. */
function credentialFor(
  repository: string | null,
  own: Partial<Record<string, string>>,
): Credential | undefined {
  if (repository === null) return undefined;
  if (isSshUrl(repository)) {
    const { deploy_key: key, known_hosts } = own;
    return key === undefined ? undefined : { kind: "deploy_key", private_key: key, known_hosts };
  }
  const token = own["repository_token"];
  return token === undefined ? undefined : { kind: "token", ...repositoryToken(token) };
}
