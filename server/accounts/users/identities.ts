import type { Database } from "../../database/database.ts";
import type { GitHubAccount } from "./github.ts";

/** Accounts at GitHub that sign users in. */
export function createIdentities({ queries }: Database, now: () => number) {
  return {
    /** The id of the user whom the account signs in. Stores the account's present name. */
    async userOf({ subject, login }: GitHubAccount): Promise<string | undefined> {
      const row = await queries
        .updateTable("identities")
        .set({ login })
        .where("provider", "=", "github")
        .where("subject", "=", subject)
        .returning("user")
        .executeTakeFirst();
      return row?.user;
    },

    /** False if the account signs somebody in already. */
    async link(user: string, { subject, login }: GitHubAccount): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await queries
        .insertInto("identities")
        .values({ provider: "github", subject, user, login, created_at: now() })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows === 1n;
    },

    /** The names of the user's accounts, with their numbers. */
    list: (user: string): Promise<{ subject: string; login: string }[]> =>
      queries
        .selectFrom("identities")
        .select(["subject", "login"])
        .where("user", "=", user)
        .orderBy("created_at")
        .execute(),

    async unlink(user: string, subject: string): Promise<void> {
      await queries
        .deleteFrom("identities")
        .where("user", "=", user)
        .where("subject", "=", subject)
        .execute();
    },
  };
}
