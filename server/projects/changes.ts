import { fromJson, toJson } from "../database/json.ts";
import type { ChangeProject, CreateProject } from "../../protocol/projects.ts";
import { FIRST_PROJECT } from "../settings/data-folder.ts";
import type { Database, Queries, Trx } from "../database/database.ts";
import { NOT_GITHUB } from "./github/app-error.ts";
import { newId } from "../database/ids.ts";
import { gitHubRepository } from "../notices/commit-status.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { AddressOptions } from "./address.ts";
import { deployKey, gitHubApp, headerToken, repositoryToken } from "./credentials.ts";
import { newHookSecret } from "./hook-secret.ts";
import { repositoryUrl } from "./repository-url.ts";
import type { ProjectSecrets } from "./secrets.ts";
import type { Tokens } from "../accounts/tokens.ts";

export interface ChangesDeps {
  database: Database;
  secrets: ProjectSecrets;
  tokens: Tokens;
  addresses: AddressOptions;
  /** REST API of a GitHub Enterprise server. */
  gitHubApi: string | undefined;
  now: () => number;
}

const CREDENTIALS = [
  "deploy_key",
  "known_hosts",
  "repository_token",
  "github_token",
  "github_app",
] as const;
type Credential = (typeof CREDENTIALS)[number];

const EMPTY = { repository: null, default_branch: null, removed_at: null };

/** How projects come to be, change and go. */
export function createChanges(deps: ChangesDeps) {
  const { database, secrets, tokens, addresses, now } = deps;

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
    given: Partial<Record<Credential, string | null>>,
  ) {
    for (const name of CREDENTIALS) {
      const value = given[name];
      if (value === null) await secrets.remove(trx, slug, "own", name);
      else if (value !== undefined) await secrets.put(trx, slug, "own", name, value);
    }
  }

  /**
   * Throws `repository_refused` where whoever is between could read the token on its way, or where the
   * repository's host has no GitHub Apps.
   */
  async function checkTokenIsSafe(trx: Trx, slug: string): Promise<void> {
    const { repository } = await trx
      .selectFrom("projects")
      .select("repository")
      .where("slug", "=", slug)
      .executeTakeFirstOrThrow();
    const own = await secrets.names(trx, slug, "own");
    const has = (credential: Credential) => own.some(({ name }) => name === credential);
    if (has("github_app") && repository !== null && !gitHubRepository(repository, deps.gitHubApi)) {
      throw new ApiError("repository_refused", NOT_GITHUB);
    }
    const hasToken = has("repository_token") || has("github_app");
    if (addresses.allowPrivate || !hasToken || !repository?.startsWith("http:")) return;
    throw new ApiError("repository_refused", "Its token is sent over https alone.");
  }

  return {
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
            settings: toJson(settings),
            created_at: now(),
          })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst();
        if (created.numInsertedOrUpdatedRows === 0n) throw new ApiError("project_exists");
        await ensureHook(trx, slug);
        await keepCredentials(trx, slug, credentials);
        await checkTokenIsSafe(trx, slug);
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
        if (!row) throw new ApiError("project_not_found");
        const moved = repository !== undefined && repository !== row.repository;
        const settings = { ...fromJson(row.settings), ...request.settings };
        await trx
          .updateTable("projects")
          .set({
            settings: toJson(settings),
            // What the old repository said of itself does not hold for another.
            ...(moved ? { repository, default_branch: null, refs_seen_at: null } : {}),
          })
          .where("slug", "=", slug)
          .execute();
        if (moved) {
          await trx.deleteFrom("schedules").where("project", "=", slug).execute();
          await trx.deleteFrom("known_refs").where("project", "=", slug).execute();
        }
        await keepCredentials(trx, slug, credentials);
        await checkTokenIsSafe(trx, slug);
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
      if (slug === FIRST_PROJECT) throw new ApiError("project_needed");
      await database.write(async (trx) => {
        const removed = await trx
          .updateTable("projects")
          .set({ removed_at: now() })
          .where("slug", "=", slug)
          .where("removed_at", "is", null)
          .executeTakeFirst();
        if (removed.numUpdatedRows === 0n) throw new ApiError("project_not_found");
        for (const table of [
          "project_secrets",
          "hooks",
          "schedules",
          "known_refs",
          "api_tokens",
        ] as const) {
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
  };
}

/** Each in the form in which it is kept. Throws `body_invalid`. */
function checkedCredentials(request: Pick<ChangeProject, Credential>) {
  const { github_app: app, ...texts } = request;
  const checked: Partial<Record<Credential, string | null>> = {};
  if (app !== undefined) checked.github_app = app && JSON.stringify(gitHubApp(app));
  for (const name of CREDENTIALS) {
    if (name === "github_app") continue;
    const value = texts[name];
    if (value !== undefined) checked[name] = value === null ? null : FORMS[name](value);
  }
  return checked;
}

const FORMS: Record<Exclude<Credential, "github_app">, (text: string) => string> = {
  deploy_key: deployKey,
  repository_token: (text) => {
    const { user, token } = repositoryToken(text);
    return `${user}:${token}`;
  },
  github_token: headerToken,
  known_hosts: (text) => `${text.replace(/\r\n?/g, "\n").trim()}\n`,
};
