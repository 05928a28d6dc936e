import { ApiError } from "../../protocol/deferred-error.ts";
import type { UserView } from "../../protocol/people.ts";
import type { Database } from "../database/database.ts";

export type Leavers = ReturnType<typeof createLeavers>;

/** What a user leaves behind. Foreign keys would delete it too: this states it. */
const DELETED_WITH_USER = [
  "sessions",
  "api_tokens",
  "members",
  "invitations",
  "identities",
  "passkeys",
  "user_links",
] as const;

/** Lists the users of the server, and removes them with everything that lets them act. */
export function createLeavers({ queries, write }: Database) {
  return {
    async list(): Promise<UserView[]> {
      const rows = await queries
        .selectFrom("users")
        .select(["id", "name", "email", "owner", "created_at"])
        .select(({ selectFrom }) => [
          selectFrom("members")
            .whereRef("members.user", "=", "users.id")
            .select(({ fn }) => fn.countAll<number>().as("count"))
            .as("projects"),
          selectFrom("sessions")
            .whereRef("sessions.user", "=", "users.id")
            .select(({ fn }) => fn.max("sessions.used_at").as("at"))
            .as("session_used_at"),
          selectFrom("api_tokens")
            .whereRef("api_tokens.user", "=", "users.id")
            .select(({ fn }) => fn.max("api_tokens.used_at").as("at"))
            .as("token_used_at"),
        ])
        .orderBy("name")
        .orderBy("id")
        .execute();
      return rows.map(({ owner, created_at, projects, session_used_at, token_used_at, ...row }) => {
        const used = Math.max(session_used_at ?? 0, token_used_at ?? 0);
        return {
          ...{ ...row, owner: owner === 1, projects: projects ?? 0 },
          created_at: new Date(created_at).toISOString(),
          last_used_at: used === 0 ? null : new Date(used).toISOString(),
        };
      });
    },

    /**
     * Removes a user in one transaction: sessions, memberships, ways to sign in, their tokens and invitations, and the
     * tokens of projects that they made end at once. Audit entries and runs keep the name. Throws `user_not_found` or `owner_needed`.
     */
    async remove(id: string): Promise<void> {
      await write(async (trx) => {
        const user = await trx
          .selectFrom("users")
          .select("owner")
          .where("id", "=", id)
          .executeTakeFirst();
        if (!user) throw new ApiError("user_not_found");
        if (user.owner === 1) throw new ApiError("owner_needed");
        for (const table of DELETED_WITH_USER) {
          await trx.deleteFrom(table).where("user", "=", id).execute();
        }
        await trx.deleteFrom("api_tokens").where("made_by", "=", id).execute();
        await trx.deleteFrom("users").where("id", "=", id).execute();
      });
    },
  };
}
