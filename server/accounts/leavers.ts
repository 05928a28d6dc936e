import { sql, type SqlBool } from "kysely";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { UserView } from "../../protocol/people.ts";
import type { Role } from "../../protocol/roles.ts";
import type { Database } from "../database/database.ts";

export type Leavers = ReturnType<typeof createLeavers>;

/** A user's role in a project. */
export interface Membership {
  slug: string;
  role: Role;
  /** Without the user the project belongs to the server's owner alone. */
  lastOwner: boolean;
}

export interface UserFilter {
  id?: string;
  /** A part of the name or the address. */
  search?: string;
  limit?: number;
}

/** Tables whose rows go with their user. Foreign keys would delete them too: this states it. */
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
    async list({ id, search = "", limit }: UserFilter = {}): Promise<UserView[]> {
      let found = queries
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
        .orderBy("id");
      if (id !== undefined) found = found.where("id", "=", id);
      if (search !== "") {
        const pattern = `%${search.replaceAll(/[\\%_]/g, "\\$&")}%`;
        found = found.where(
          sql<SqlBool>`(name like ${pattern} escape '\\' or email like ${pattern} escape '\\')`,
        );
      }
      if (limit !== undefined) found = found.limit(limit);
      const rows = await found.execute();
      return rows.map(({ owner, created_at, projects, session_used_at, token_used_at, ...row }) => {
        const used = Math.max(session_used_at ?? 0, token_used_at ?? 0);
        return {
          ...{ ...row, owner: owner === 1, projects: projects ?? 0 },
          created_at: new Date(created_at).toISOString(),
          last_used_at: used === 0 ? null : new Date(used).toISOString(),
        };
      });
    },

    /** Roles of these users by project, in projects that are there. */
    async membershipsOf(users: readonly string[]): Promise<Map<string, Membership[]>> {
      const roles = new Map<string, Membership[]>();
      if (users.length === 0) return roles;
      const rows = await queries
        .selectFrom("members")
        .innerJoin("projects", "projects.slug", "members.project")
        .select(["members.user", "members.project as slug", "members.role"])
        .select(({ selectFrom }) =>
          selectFrom("members as owners")
            .whereRef("owners.project", "=", "members.project")
            .where("owners.role", "=", "owner")
            .select(({ fn }) => fn.countAll<number>().as("count"))
            .as("owners"),
        )
        .where("members.user", "in", users)
        .where("projects.removed_at", "is", null)
        .orderBy("members.project")
        .execute();
      for (const { user, slug, role, owners } of rows) {
        const lastOwner = role === "owner" && owners === 1;
        roles.set(user, [...(roles.get(user) ?? []), { slug, role, lastOwner }]);
      }
      return roles;
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
