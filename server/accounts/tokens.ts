import type { Selectable } from "kysely";
import type { Actor } from "../../protocol/actors.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { scopeIncludes, type Scope } from "../../protocol/roles.ts";
import {
  DEFAULT_TOKEN_S,
  type NewToken,
  type TokenScope,
  type TokenView,
} from "../../protocol/tokens.ts";
import type { Database, Queries } from "../database/database.ts";
import { isDiskTrouble } from "../database/disk-trouble.ts";
import { findProjectRow } from "../database/find-project.ts";
import { newId, newSecret, sha256 } from "../database/ids.ts";
import type { ApiTokensTable } from "../database/tables/projects.ts";
import { bearer } from "../http/bearer.ts";

/** What an API token may do: everything for the owner's, else what its scope says in its project. */
export type Grant =
  | { all: true; name: string }
  | { all: false; id: string; name: string; project: string; scope: TokenScope };

/** Who acts by a token. */
export function actorOf(grant: Grant): Actor {
  if (grant.all) return { kind: "owner", id: "owner", name: grant.name };
  return { kind: "token", id: grant.id, name: grant.name };
}

export type Tokens = ReturnType<typeof createTokens>;

/** Lets people and secret scanners recognize a token of a project. */
const PREFIX = "deferred_";
const USE_NOTED_MS = 60_000;
/** How long lists show a token that has expired. */
const EXPIRED_KEPT_MS = 30 * 24 * 60 * 60_000;

/** The owner's API token, and those of projects. Only their hashes are stored. */
export function createTokens({ queries, write }: Database, now: () => number) {
  /** Throws `token_missing` or `token_wrong`. */
  async function grantOf(authorization: string | undefined): Promise<Grant> {
    const token = bearer(authorization);
    if (token === undefined) throw new ApiError("token_missing");
    const found = await queries
      .selectFrom("api_tokens")
      .selectAll()
      .where("hash", "=", sha256(token))
      .executeTakeFirst();
    if (!found) throw new ApiError("token_wrong");
    const { id, label: name, project, scope, expires_at: expiresAt } = found;
    if (expiresAt !== null && expiresAt <= now()) {
      throw new ApiError("token_wrong", `It expired at ${new Date(expiresAt).toISOString()}.`);
    }
    await noteUse(queries, found, now());
    if (project === null) return { all: true, name: "" };
    if (id === null || scope === null) throw new ApiError("token_wrong");
    return { all: false, id, name, project, scope };
  }

  return {
    grantOf,

    /** Lets the token act for every project, in place of the owner's token before. */
    async addOwnerToken(token: { secret: string; label: string }): Promise<void> {
      const hash = sha256(token.secret);
      await queries
        .deleteFrom("api_tokens")
        .where("label", "=", token.label)
        .where("project", "is", null)
        .where("hash", "!=", hash)
        .execute();
      await queries
        .insertInto("api_tokens")
        .values({ hash, project: null, label: token.label, created_at: now() })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },

    /** Makes a token of a project. Only the answer has the secret. Throws `project_not_found`. */
    async create(request: NewToken): Promise<TokenView & { token: string }> {
      const { project, scope, name = "", expires_s: expiresS = DEFAULT_TOKEN_S } = request;
      const token = PREFIX + newSecret();
      const row = await write(async (trx) => {
        if (!(await findProjectRow(trx, project))) throw new ApiError("project_not_found");
        await trx
          .deleteFrom("api_tokens")
          .where("expires_at", "<", now() - EXPIRED_KEPT_MS)
          .execute();
        return trx
          .insertInto("api_tokens")
          .values({
            id: newId(),
            hash: sha256(token),
            project,
            scope,
            label: name,
            created_at: now(),
            expires_at: now() + expiresS * 1000,
          })
          .returningAll()
          .executeTakeFirstOrThrow();
      });
      return { ...viewOf(row), token };
    },

    /** Tokens of all projects or of one, oldest first. Throws `project_not_found`. */
    async list(project?: string): Promise<TokenView[]> {
      if (project !== undefined && !(await findProjectRow(queries, project))) {
        throw new ApiError("project_not_found");
      }
      let rows = queries.selectFrom("api_tokens").selectAll().where("id", "is not", null);
      if (project !== undefined) rows = rows.where("project", "=", project);
      const found = await rows.orderBy("project").orderBy("created_at").execute();
      return found.map((row) => viewOf(row));
    },

    /** Deletes a token, of one project if that is given, and returns its project. Throws `api_token_not_found`. */
    async revoke(id: string, project?: string): Promise<string> {
      let named = queries.deleteFrom("api_tokens").where("id", "=", id);
      if (project !== undefined) named = named.where("project", "=", project);
      const deleted = await named.returning("project").executeTakeFirst();
      if (!deleted?.project) throw new ApiError("api_token_not_found");
      return deleted.project;
    },
  };
}

/** Throws `project_not_found` for another project's token, `token_scope_low` if its scope does not include `scope`. */
export function checkGrant(grant: Grant, slug: string, scope: Scope): void {
  if (grant.all) return;
  if (grant.project !== slug) throw new ApiError("project_not_found");
  if (scopeIncludes(grant.scope, scope)) return;
  if (scope === "own") {
    throw new ApiError("token_scope_low", "It takes the owner's token.");
  }
  throw new ApiError(
    "token_scope_low",
    `It takes the scope ${scope}; this token's is ${grant.scope}.`,
  );
}

/** Stores when a token was used. A disk that takes no writes refuses no reader. */
async function noteUse(
  queries: Queries,
  { hash, used_at: usedAt }: Selectable<ApiTokensTable>,
  now: number,
): Promise<void> {
  if (usedAt !== null && Math.abs(now - usedAt) < USE_NOTED_MS) return;
  try {
    await queries
      .updateTable("api_tokens")
      .set({ used_at: now })
      .where("hash", "=", hash)
      .execute();
  } catch (error) {
    if (!isDiskTrouble(error)) throw error;
  }
}

function viewOf(row: Selectable<ApiTokensTable>): TokenView {
  const { id, label, project, scope, created_at, expires_at, used_at } = row;
  if (id === null || project === null || scope === null || expires_at === null) {
    throw new Error("The API token is not a project's.");
  }
  const moment = (at: number) => new Date(at).toISOString();
  return {
    id,
    name: label,
    project,
    scope,
    created_at: moment(created_at),
    expires_at: moment(expires_at),
    last_used_at: used_at === null ? null : moment(used_at),
  };
}
