import type { Database } from "../../database/database.ts";
import { newSecret, sha256 } from "../../database/ids.ts";
import type { UserLinkPurpose, UserLinksTable } from "../../database/tables/users.ts";

export type UserLink = Pick<UserLinksTable, "user" | "email" | "back">;

const MINUTE_MS = 60_000;
/** How long a link works. A new password is chosen at once; an account may wait for the evening. */
export const LINK_KEPT_MS: Readonly<Record<UserLinkPurpose, number>> = {
  "sign-up": 24 * 60 * MINUTE_MS,
  reset: 60 * MINUTE_MS,
  email: 24 * 60 * MINUTE_MS,
};

/** Single-use links that mails bring. Only their hashes are stored. */
export function createUserLinks({ queries, write }: Database, now: () => number) {
  return {
    /** Returns the link's code. Earlier links of the same purpose to the address end. */
    async make(purpose: UserLinkPurpose, link: UserLink): Promise<string> {
      const code = newSecret();
      await write(async (trx) => {
        await trx
          .deleteFrom("user_links")
          .where("email", "=", link.email)
          .where("purpose", "=", purpose)
          .execute();
        await trx
          .insertInto("user_links")
          .values({
            ...{ hash: sha256(code), purpose, expires_at: now() + LINK_KEPT_MS[purpose] },
            ...link,
          })
          .execute();
      });
      return code;
    },

    /** A link that works, which stays; undefined if it is unknown, used or expired. */
    find: (purpose: UserLinkPurpose, code: string): Promise<UserLink | undefined> =>
      queries
        .selectFrom("user_links")
        .select(["user", "email", "back"])
        .where("hash", "=", sha256(code))
        .where("purpose", "=", purpose)
        .where("expires_at", ">", now())
        .executeTakeFirst(),

    /** Uses the link up; undefined if it is unknown, used or expired. */
    take: (purpose: UserLinkPurpose, code: string): Promise<UserLink | undefined> =>
      queries
        .deleteFrom("user_links")
        .where("hash", "=", sha256(code))
        .where("purpose", "=", purpose)
        .where("expires_at", ">", now())
        .returning(["user", "email", "back"])
        .executeTakeFirst(),

    /** Ends all links of a user, such as after a new password. */
    async endAll(user: string): Promise<void> {
      await queries.deleteFrom("user_links").where("user", "=", user).execute();
    },
  };
}
