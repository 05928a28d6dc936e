import { bearer } from "../http/bearer.ts";
import type { Queries } from "../database/database.ts";
import { findProjectRow } from "../database/find-project.ts";
import { sha256 } from "../database/ids.ts";
import { ApiError } from "../../protocol/deferred-error.ts";

/** The projects that an API token acts for. */
export type Scope = { all: true } | { all: false; project: string };

export type Tokens = ReturnType<typeof createTokens>;

/** API tokens of projects' owners. */
export function createTokens(queries: Queries, now: () => number) {
  /** Throws `token_missing` or `token_wrong`. */
  async function scopeOf(authorization: string | undefined): Promise<Scope> {
    const token = bearer(authorization);
    if (token === undefined) throw new ApiError("token_missing");
    const found = await queries
      .selectFrom("api_tokens")
      .select("project")
      .where("hash", "=", sha256(token))
      .executeTakeFirst();
    if (!found) throw new ApiError("token_wrong");
    return found.project === null ? { all: true } : { all: false, project: found.project };
  }

  return {
    scopeOf,

    /** Lets the token act for every project, in place of the token that had its label before. */
    async addOwnerToken(token: { secret: string; label: string }): Promise<void> {
      const hash = sha256(token.secret);
      await queries
        .deleteFrom("api_tokens")
        .where("label", "=", token.label)
        .where("hash", "!=", hash)
        .execute();
      await queries
        .insertInto("api_tokens")
        .values({ hash, project: null, label: token.label, created_at: now() })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },

    /** Throws unless the bearer may act for the project. */
    async authorize(authorization: string | undefined, slug: string): Promise<void> {
      const scope = await scopeOf(authorization);
      if (!scope.all && scope.project !== slug) throw new ApiError("project_not_found");
      if (!(await findProjectRow(queries, slug))) throw new ApiError("project_not_found");
    },
  };
}
