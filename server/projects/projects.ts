import type { Selectable } from "kysely";
import * as v from "valibot";
import type { Actor } from "../../protocol/actors.ts";
import type { Credential } from "../../protocol/command.ts";
import { createVerifiedTokens } from "../../blocks/verified-tokens.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { BlockNetwork } from "../../protocol/network.ts";
import { ProjectSettingsSchema, type ProjectSettings } from "../../protocol/projects.ts";
import { createTokens } from "../accounts/tokens.ts";
import type { Database } from "../database/database.ts";
import { findProjectRow } from "../database/find-project.ts";
import { fromJson } from "../database/json.ts";
import type { Tables } from "../database/schema.ts";
import type { Sealing } from "../database/sealing.ts";
import type { AddressOptions } from "./address.ts";
import { createRegisteredBlocks } from "./blocks/store.ts";
import { createChanges } from "./changes.ts";
import { createKeys } from "./keys.ts";
import { createProjectCredentials, type GitHubToken } from "./project-credentials.ts";
import { createRemoval } from "./removal.ts";
import { createRevokedBlocks } from "./revoked-blocks.ts";
import { createProjectSecrets } from "./secrets.ts";
import { createServerKey } from "./server-key.ts";

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

/** A project with the credential and secrets that its commands need. */
export interface ProjectForCommands extends Project {
  credential: Credential | undefined;
  /** By name. */
  secrets: Record<string, string>;
}

export type Projects = ReturnType<typeof createProjects>;

/** Projects with their settings and secrets, the keys that sign for them, and API tokens. */
export function createProjects({ database, sealing, addresses, gitHubApi, now }: ProjectsDeps) {
  const { queries } = database;
  const secrets = createProjectSecrets(sealing, now);
  const tokens = createTokens(database, now);
  const blocks = createRegisteredBlocks(database, now);
  const keys = createKeys(queries, now);
  const credentials = createProjectCredentials({ queries, secrets, gitHubApi, now });

  async function find(slug: string): Promise<Project | undefined> {
    const row = await findProjectRow(queries, slug);
    return row && projectOf(row);
  }

  /** Throws `project_not_found`. */
  async function get(slug: string): Promise<Project> {
    const project = await find(slug);
    if (!project) throw new ApiError("project_not_found");
    return project;
  }

  return {
    ...keys,
    serverKey: createServerKey({ queries, secrets, keys }),
    ...createRevokedBlocks(queries, now),
    ...createChanges({ database, secrets, tokens, addresses, gitHubApi, now }),
    ...createRemoval({ database, now }),
    tokens,
    find,
    get,
    blocks,
    hasPage: blocks.isRegistered,
    verified: createVerifiedTokens(),

    /** The network that its signed blocks may use. */
    async blockNetwork(slug: string): Promise<BlockNetwork> {
      return (await find(slug))?.settings.block_network ?? "none";
    },

    /** Whether anybody may read the project. */
    async isPublic(slug: string): Promise<boolean> {
      return (await find(slug))?.settings.public === true;
    },

    /** All projects by name, or one of them. */
    async list(only?: string): Promise<Project[]> {
      let rows = queries.selectFrom("projects").selectAll().where("removed_at", "is", null);
      if (only !== undefined) rows = rows.where("slug", "=", only);
      return (await rows.orderBy("slug").execute()).map(projectOf);
    },

    /** The id of its hook. Throws `project_not_found`: a project may be removed at any moment. */
    async hookOf(slug: string): Promise<string> {
      const hook = await queries
        .selectFrom("hooks")
        .select("id")
        .where("project", "=", slug)
        .executeTakeFirst();
      if (!hook) throw new ApiError("project_not_found");
      return hook.id;
    },

    /** Throws `project_not_found`. */
    async hookSecret(slug: string): Promise<string> {
      const { hook_secret } = await secrets.values(queries, slug, "own", ["hook_secret"]);
      if (hook_secret === undefined) throw new ApiError("project_not_found");
      return hook_secret;
    },

    /** The project of a hook, with the hook's secret. */
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

    putSecret: (slug: string, name: string, value: string, by: Actor) =>
      secrets.put(queries, slug, "secret", name, value, by),
    removeSecret: (slug: string, name: string) => secrets.remove(queries, slug, "secret", name),
    secretNames: (slug: string) => secrets.names(queries, slug, "secret"),

    credentials: credentials.names,
    storedCredentials: credentials.stored,
    writesStatuses: credentials.writesStatuses,
    forgetAppTokens: credentials.forgetAppTokens,
    forgeToken: credentials.forForge,

    /** The token that writes commit statuses on GitHub. Throws `GitHubAppError`. */
    async githubToken(slug: string): Promise<GitHubToken | undefined> {
      const project = await find(slug);
      return project && credentials.forStatuses(project);
    },

    /** The project with everything that a machine needs for its commands; undefined if it was removed. */
    async forCommands(slug: string): Promise<ProjectForCommands | undefined> {
      const project = await find(slug);
      if (!project) return undefined;
      const named = await secrets.values(queries, slug, "secret");
      return { ...project, credential: await credentials.forCheckout(project), secrets: named };
    },
  };
}

function projectOf(row: Selectable<Tables["projects"]>): Project {
  return {
    slug: row.slug,
    repository: row.repository,
    defaultBranch: row.default_branch,
    settings: v.parse(ProjectSettingsSchema, fromJson(row.settings)),
    createdAt: row.created_at,
  };
}
