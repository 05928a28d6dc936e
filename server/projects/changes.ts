import type { Actor } from "../../protocol/actors.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { ChangeProject, CreateProject } from "../../protocol/projects.ts";
import { checkNewProject } from "../accounts/access/new-projects.ts";
import { createMembers } from "../accounts/members/members.ts";
import type { Tokens } from "../accounts/tokens.ts";
import type { Database, Queries, Trx } from "../database/database.ts";
import { findProjectRow } from "../database/find-project.ts";
import { newId } from "../database/ids.ts";
import { fromJson, toJson } from "../database/json.ts";
import type { AddressOptions } from "./address.ts";
import { newHookSecret } from "./hook-secret.ts";
import { repositoryUrl } from "./repository-url.ts";
import type { ProjectSecrets } from "./secrets.ts";
import { refuseOwnPath } from "./slug.ts";
import {
  checkCredentials,
  refuseUnsafeToken,
  storeCredentials,
  type GivenCredentials,
} from "./stored-credentials.ts";

export interface ChangesDeps {
  database: Database;
  secrets: ProjectSecrets;
  tokens: Tokens;
  addresses: AddressOptions;
  /** REST API of a GitHub Enterprise server. */
  gitHubApi: string | undefined;
  now: () => number;
}

const EMPTY = { repository: null, default_branch: null, removed_at: null };
/** Creates and changes projects. */
export function createChanges(deps: ChangesDeps) {
  const { database, secrets, tokens, addresses, gitHubApi, now } = deps;
  const members = createMembers(database, now);

  /** Makes the project's hook and its secret. Idempotent. */
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

  async function setCredentials(
    trx: Trx,
    slug: string,
    given: GivenCredentials,
    by?: Actor,
  ): Promise<void> {
    await storeCredentials(trx, secrets, slug, given, by);
    await refuseUnsafeToken(trx, secrets, slug, { ...addresses, gitHubApi });
  }

  return {
    /** Makes the project, and lets `token` act for every project. Idempotent. */
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

    /**
     * Makes a project, of which the user `maker` is the owner; absent: the server's owner alone. Throws
     * `project_exists`, `repository_refused` or `body_invalid`, for a maker also `owner_part_taken` or `project_limit`.
     */
    async create(request: CreateProject, maker?: string): Promise<void> {
      const { slug, settings = {} } = request;
      refuseOwnPath(slug);
      const credentials = checkCredentials(request);
      const repository =
        request.repository === undefined
          ? null
          : await repositoryUrl(request.repository, addresses);
      await database.write(async (trx) => {
        if (maker !== undefined) await checkNewProject(trx, slug, maker);
        const created = await trx
          .insertInto("projects")
          .values({ ...EMPTY, slug, repository, settings: toJson(settings), created_at: now() })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst();
        if (created.numInsertedOrUpdatedRows === 0n) throw new ApiError("project_exists");
        if (maker !== undefined) {
          await members.add(trx, { project: slug, user: maker, role: "owner" });
        }
        await ensureHook(trx, slug);
        await setCredentials(trx, slug, credentials);
      });
    },

    /** Changes only the members that the request has. Throws like `create`. */
    async change(slug: string, request: ChangeProject, by?: Actor): Promise<void> {
      const credentials = checkCredentials(request);
      const repository =
        typeof request.repository === "string"
          ? await repositoryUrl(request.repository, addresses)
          : request.repository;
      await database.write(async (trx) => {
        const row = await findProjectRow(trx, slug);
        if (!row) throw new ApiError("project_not_found");
        const settings = { ...fromJson(row.settings), ...request.settings };
        await trx
          .updateTable("projects")
          .set({ settings: toJson(settings) })
          .where("slug", "=", slug)
          .execute();
        if (repository !== undefined && repository !== row.repository) {
          await moveRepository(trx, slug, repository);
        }
        await setCredentials(trx, slug, credentials, by);
        if (request.renew_hook_secret) {
          await secrets.put(trx, slug, "own", "hook_secret", newHookSecret());
        }
      });
    },
  };
}

/** Changes the repository and deletes everything that was learned from the old one. */
async function moveRepository(trx: Trx, slug: string, repository: string | null): Promise<void> {
  await trx
    .updateTable("projects")
    .set({ repository, default_branch: null, refs_seen_at: null })
    .where("slug", "=", slug)
    .execute();
  await trx.deleteFrom("schedules").where("project", "=", slug).execute();
  await trx.deleteFrom("known_refs").where("project", "=", slug).execute();
}
