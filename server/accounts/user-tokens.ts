import { ApiError } from "../../protocol/deferred-error.ts";
import { DEFAULT_TOKEN_S } from "../../protocol/tokens.ts";
import type { Database } from "../database/database.ts";
import { newId, newSecret, sha256 } from "../database/ids.ts";

/** Lets people and secret scanners recognize a token. */
export const TOKEN_PREFIX = "deferred_";

export type UserTokens = ReturnType<typeof createUserTokens>;

/** A token of a user, as its account page shows it. */
export interface UserTokenView {
  id: string;
  name: string;
  createdAt: number;
  usedAt: number | null;
}

/** API tokens with the roles of a user, which `deferred login` gets. */
export function createUserTokens({ queries, write }: Database, now: () => number) {
  return {
    /** Makes a token that has the user's roles. Only the answer has it. Throws `access_denied` for a removed user. */
    async createForUser(
      user: string,
      { name }: { name: string },
    ): Promise<{ id: string; token: string; expires_at: string }> {
      const token = TOKEN_PREFIX + newSecret();
      const id = newId();
      const expires_at = now() + DEFAULT_TOKEN_S * 1000;
      await write(async (trx) => {
        const row = trx.selectFrom("users").select("id").where("id", "=", user);
        if (!(await row.executeTakeFirst())) throw new ApiError("access_denied");
        await trx
          .insertInto("api_tokens")
          .values({
            ...{ id, hash: sha256(token), project: null, user, label: name },
            ...{ created_at: now(), expires_at },
          })
          .execute();
      });
      return { id, token, expires_at: new Date(expires_at).toISOString() };
    },

    /** The user's tokens that have not expired, the newest first. */
    async listOf(user: string): Promise<UserTokenView[]> {
      const rows = await queries
        .selectFrom("api_tokens")
        .select(["id", "label", "created_at", "used_at"])
        .where("user", "=", user)
        .where("expires_at", ">", now())
        .orderBy("created_at", "desc")
        .execute();
      return rows.map(({ id, label, created_at, used_at }) => ({
        ...{ id: id ?? "", name: label, createdAt: created_at, usedAt: used_at },
      }));
    },

    /** Deletes a user's token. Throws `api_token_not_found`. */
    async revokeOf(user: string, id: string): Promise<void> {
      const { numDeletedRows } = await queries
        .deleteFrom("api_tokens")
        .where("id", "=", id)
        .where("user", "=", user)
        .executeTakeFirst();
      if (numDeletedRows === 0n) throw new ApiError("api_token_not_found");
    },

    /** Deletes all tokens of a user, such as after a new password. */
    async revokeAllOf(user: string): Promise<void> {
      await queries.deleteFrom("api_tokens").where("user", "=", user).execute();
    },
  };
}
