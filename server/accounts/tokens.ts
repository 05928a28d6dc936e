import type { Selectable } from "kysely";
import { ApiError } from "../../protocol/deferred-error.ts";
import { DEFAULT_TOKEN_S, type NewToken, type TokenView } from "../../protocol/tokens.ts";
import type { Database, Queries } from "../database/database.ts";
import { isDiskTrouble } from "../database/disk-trouble.ts";
import { findProjectRow } from "../database/find-project.ts";
import { newId, newSecret, sha256 } from "../database/ids.ts";
import type { ApiTokensTable } from "../database/tables/projects.ts";
import { bearer } from "../http/bearer.ts";
import type { Grant } from "./grant.ts";
import { createUserTokens, TOKEN_PREFIX } from "./user-tokens.ts";

export type Tokens = ReturnType<typeof createTokens>;

const USE_NOTED_MS = 60_000;
/** How long lists show a token that has expired. */
const EXPIRED_KEPT_MS = 30 * 24 * 60 * 60_000;

/** The owner's API token, and those of projects. Only their hashes are stored. */
export function createTokens(database: Database, now: () => number) {
  const { queries, write } = database;

  /** Throws `token_missing` or `token_wrong`. */
  async function grantOf(authorization: string | undefined): Promise<Grant> {
    const token = bearer(authorization);
    if (token === undefined) throw new ApiError("token_missing");
    const found = await queries
      .selectFrom("api_tokens")
      .leftJoin("users", "users.id", "api_tokens.user")
      .selectAll("api_tokens")
      .select(["users.name", "users.email", "users.owner"])
      .where("hash", "=", sha256(token))
      .executeTakeFirst();
    if (!found) throw new ApiError("token_wrong");
    const { id, label, project, scope, user, expires_at: expiresAt } = found;
    if (expiresAt !== null && expiresAt <= now()) {
      throw new ApiError("token_wrong", `It expired at ${new Date(expiresAt).toISOString()}.`);
    }
    if (project !== null && !(await findProjectRow(queries, project))) {
      throw new ApiError("token_wrong", "Its project was removed.");
    }
    await noteUse(queries, found, now());
    if (project === null && user === null) return { by: "owner" };
    if (id === null) throw new ApiError("token_wrong");
    if (user !== null) {
      const { name, email, owner } = found;
      if (name === null) throw new ApiError("token_wrong");
      return { by: "user", id, user: { id: user, name, email, owner: owner === 1 }, expiresAt };
    }
    if (project === null || scope === null) throw new ApiError("token_wrong");
    return { by: "token", id, name: label, project, scope };
  }

  return {
    ...createUserTokens(database, now),

    grantOf,

    /** Lets the token act for every project, in place of the owner's token before. */
    async addOwnerToken(token: { secret: string; label: string }): Promise<void> {
      const hash = sha256(token.secret);
      const { numDeletedRows: replaced } = await queries
        .deleteFrom("api_tokens")
        .where("label", "=", token.label)
        .where("project", "is", null)
        .where("user", "is", null)
        .where("hash", "!=", hash)
        .executeTakeFirst();
      // Who had the old token could have made sign-in links and logins of the owner with it.
      if (replaced > 0n) await endAccessOfOwner(queries);
      await queries
        .insertInto("api_tokens")
        .values({ hash, project: null, label: token.label, created_at: now() })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },

    /**
     * Makes a token of a project, which ends with the rights of its `maker` if one is given. Only the answer has the
     * secret. Throws `project_not_found`.
     */
    async create(
      request: NewToken,
      maker: string | null = null,
    ): Promise<TokenView & { token: string }> {
      const { project, scope, name = "", expires_s: expiresS = DEFAULT_TOKEN_S } = request;
      const token = TOKEN_PREFIX + newSecret();
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
            made_by: maker,
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
      let rows = queries
        .selectFrom("api_tokens")
        .innerJoin("projects", "projects.slug", "api_tokens.project")
        .selectAll("api_tokens")
        .where("projects.removed_at", "is", null);
      if (project !== undefined) rows = rows.where("project", "=", project);
      const found = await rows.orderBy("project").orderBy("api_tokens.created_at").execute();
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

/** Ends the sessions, logins and open invitations of the server's owner. */
async function endAccessOfOwner(queries: Queries): Promise<void> {
  const owner = queries.selectFrom("users").select("id").where("owner", "=", 1);
  await queries.deleteFrom("sign_in_links").execute();
  await queries
    .deleteFrom("invitations")
    .where(({ eb, or }) => or([eb("user", "is", null), eb("user", "in", owner)]))
    .execute();
  for (const table of ["sessions", "api_tokens"] as const) {
    await queries.deleteFrom(table).where("user", "in", owner).execute();
  }
}

/** Stores when a token was used. A disk that takes no writes refuses no reader. */
async function noteUse(
  queries: Queries,
  { hash, used_at: usedAt }: Pick<Selectable<ApiTokensTable>, "hash" | "used_at">,
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
