import type { Selectable } from "kysely";
import * as v from "valibot";
import type { Credential } from "../../protocol/command.ts";
import {
  ProjectSettingsSchema,
  type ChangeProject,
  type CreateProject,
  type ProjectSettings,
} from "../../protocol/projects.ts";
import type { Database, Queries, Trx } from "../database/database.ts";
import type { Tables } from "../database/schema.ts";
import { newId } from "../ids.ts";
import { ProblemError } from "../problem.ts";
import type { AddressOptions } from "./address.ts";
import { deployKey, headerToken, repositoryToken } from "./credentials.ts";
import { newHookSecret } from "./hook-secret.ts";
import { createKeys } from "./keys.ts";
import { isSshUrl, repositoryUrl } from "./repository-url.ts";
import type { Sealing } from "./sealing.ts";
import { createProjectSecrets } from "./secrets.ts";
import { createTokens } from "./tokens.ts";

export interface ProjectsDeps {
  database: Database;
  sealing: Sealing;
  addresses: AddressOptions;
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

export type Projects = ReturnType<typeof createProjects>;

/** Projects with their settings and secrets, the keys that sign for them, and their owners' tokens. */
export function createProjects({ database, sealing, addresses, now }: ProjectsDeps) {
  const { queries } = database;
  const secrets = createProjectSecrets(sealing, now);
  const tokens = createTokens(queries, now);

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
    if (!project) throw new ProblemError("project_not_found");
    return project;
  }

  /** A hook and its secret; harmless where both exist. */
  async function ensureHook(trx: Queries, slug: string): Promise<void> {
    await trx
      .insertInto("hooks")
      .values({ id: newId(), project: slug })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const own = await secrets.names(trx, slug, "own");
    if (own.some(({ name }) => name === "hook_secret")) return;
    await secrets.put(trx, slug, "own", "hook_secret", newHookSecret());
  }

  /** Stores what a request says of credentials: a text, null to remove one, absent to leave it. */
  async function keepCredentials(
    trx: Trx,
    slug: string,
    given: Partial<Record<Own, string | null>>,
  ) {
    for (const name of CREDENTIALS) {
      const value = given[name];
      if (value === null) await secrets.remove(trx, slug, "own", name);
      else if (value !== undefined) await secrets.put(trx, slug, "own", name, value);
    }
  }

  return {
    ...createKeys(queries, now),
    ...tokens,
    find,
    get,

    /** Makes the project, and lets `token` act for every one; harmless where both exist. */
    async ensure(slug: string, token: { secret: string; label: string }): Promise<void> {
      await database.write(async (trx) => {
        await trx
          .insertInto("projects")
          .values({ ...EMPTY, slug, created_at: now() })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
        await ensureHook(trx, slug);
      });
      await tokens.addOwnerToken(token);
    },

    /** Throws `project_exists`, `repository_refused` or `body_invalid`. */
    async create(request: CreateProject): Promise<void> {
      const { slug, settings = {} } = request;
      const credentials = checkedCredentials(request);
      const repository =
        request.repository === undefined
          ? null
          : await repositoryUrl(request.repository, addresses);
      await database.write(async (trx) => {
        const created = await trx
          .insertInto("projects")
          .values({
            ...EMPTY,
            slug,
            repository,
            settings: JSON.stringify(settings),
            created_at: now(),
          })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst();
        if (created.numInsertedOrUpdatedRows === 0n) throw new ProblemError("project_exists");
        await ensureHook(trx, slug);
        await keepCredentials(trx, slug, credentials);
      });
    },

    /** What is absent stays. Throws like `create`. */
    async change(slug: string, request: ChangeProject): Promise<void> {
      const credentials = checkedCredentials(request);
      const repository =
        typeof request.repository === "string"
          ? await repositoryUrl(request.repository, addresses)
          : request.repository;
      await database.write(async (trx) => {
        const row = await trx
          .selectFrom("projects")
          .selectAll()
          .where("slug", "=", slug)
          .where("removed_at", "is", null)
          .executeTakeFirst();
        if (!row) throw new ProblemError("project_not_found");
        const moved = repository !== undefined && repository !== row.repository;
        const settings = { ...(JSON.parse(row.settings) as object), ...request.settings };
        await trx
          .updateTable("projects")
          .set({
            settings: JSON.stringify(settings),
            // What the old repository said of itself does not hold for another.
            ...(moved ? { repository, default_branch: null } : {}),
          })
          .where("slug", "=", slug)
          .execute();
        if (moved) await trx.deleteFrom("schedules").where("project", "=", slug).execute();
        await keepCredentials(trx, slug, credentials);
        if (request.renew_hook_secret) {
          await secrets.put(trx, slug, "own", "hook_secret", newHookSecret());
        }
      });
    },

    /**
     * Its name is not given to another. What was secret is deleted; what happened stays on record, where
     * nobody reads it any more. Runs that have not ended are the caller's to cancel.
     */
    async remove(slug: string): Promise<void> {
      await get(slug);
      await database.write(async (trx) => {
        await trx
          .updateTable("projects")
          .set({ removed_at: now() })
          .where("slug", "=", slug)
          .execute();
        for (const table of ["project_secrets", "hooks", "schedules", "api_tokens"] as const) {
          await trx.deleteFrom(table).where("project", "=", slug).execute();
        }
        await trx
          .updateTable("outgoing_hooks")
          .set({ removed_at: now(), sealed_secret: "" })
          .where("project", "=", slug)
          .execute();
        await trx
          .updateTable("notices")
          .set({ next_at: null, answer: "The project was removed." })
          .where("project", "=", slug)
          .where("next_at", "is not", null)
          .execute();
      });
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

    async hookOf(slug: string): Promise<{ id: string; secret: string }> {
      const { id } = await queries
        .selectFrom("hooks")
        .select("id")
        .where("project", "=", slug)
        .executeTakeFirstOrThrow();
      const { hook_secret: secret } = await secrets.values(queries, slug, "own");
      return { id, secret: secret! };
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

    /** The token that writes commit statuses on GitHub. */
    async githubToken(slug: string): Promise<string | undefined> {
      return (await secrets.values(queries, slug, "own"))["github_token"];
    },

    /** What a machine that executes its commands needs of it as it is now; undefined where it is gone. */
    async forCommands(slug: string): Promise<ProjectForCommands | undefined> {
      const project = await find(slug);
      if (!project) return undefined;
      const own = await secrets.values(queries, slug, "own");
      return {
        ...project,
        credential: credentialFor(project.repository, own),
        secrets: await secrets.values(queries, slug, "secret"),
      };
    },
  };
}

const SHOWN = ["deploy_key", "repository_token", "github_token"] as const;
type Credentials = (typeof SHOWN)[number];
const CREDENTIALS = [...SHOWN, "known_hosts"] as const;
type Own = (typeof CREDENTIALS)[number];

const EMPTY = { repository: null, default_branch: null, removed_at: null };

function projectOf(row: Selectable<Tables["projects"]>): Project {
  return {
    slug: row.slug,
    repository: row.repository,
    defaultBranch: row.default_branch,
    settings: v.parse(ProjectSettingsSchema, JSON.parse(row.settings)),
    createdAt: row.created_at,
  };
}

/** Each in the form in which it is kept. Throws `body_invalid`. */
function checkedCredentials(request: Partial<Record<Own, string | null | undefined>>) {
  const checked: Partial<Record<Own, string | null>> = {};
  for (const name of CREDENTIALS) {
    const value = request[name];
    if (value !== undefined) checked[name] = value === null ? null : FORMS[name](value);
  }
  return checked;
}

const FORMS: Record<Own, (text: string) => string> = {
  deploy_key: deployKey,
  repository_token: (text) => {
    const { user, token } = repositoryToken(text);
    return `${user}:${token}`;
  },
  github_token: headerToken,
  known_hosts: (text) => `${text.replace(/\r\n?/g, "\n").trim()}\n`,
};

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
