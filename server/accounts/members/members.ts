import { ApiError } from "../../../protocol/deferred-error.ts";
import type { Member } from "../../../protocol/members.ts";
import { ROLES, type Role } from "../../../protocol/roles.ts";
import type { Database, Trx } from "../../database/database.ts";

export type Members = ReturnType<typeof createMembers>;

/** Users' roles in projects. */
export function createMembers({ queries, write }: Database, now: () => number) {
  return {
    async roleOf({ id }: { id: string }, slug: string): Promise<Role | undefined> {
      const row = await queries
        .selectFrom("members")
        .select("role")
        .where("project", "=", slug)
        .where("user", "=", id)
        .executeTakeFirst();
      return row?.role;
    },

    /** The user's projects, by name. */
    async projectsOf(user: string): Promise<{ slug: string; role: Role }[]> {
      return queries
        .selectFrom("members")
        .innerJoin("projects", "projects.slug", "members.project")
        .select(["members.project as slug", "members.role"])
        .where("members.user", "=", user)
        .where("projects.removed_at", "is", null)
        .orderBy("members.project")
        .execute();
    },

    /** The project's members by name. */
    async list(slug: string): Promise<Member[]> {
      const rows = await queries
        .selectFrom("members")
        .innerJoin("users", "users.id", "members.user")
        .select(["members.user", "users.name", "users.email", "members.role", "members.since"])
        .where("members.project", "=", slug)
        .orderBy("users.name")
        .orderBy("users.id")
        .execute();
      return rows.map((row) => ({ ...row, since: new Date(row.since).toISOString() }));
    },

    /** Adds a member in the caller's transaction, or raises their role. It is never lowered. */
    async add(trx: Trx, member: { project: string; user: string; role: Role }): Promise<void> {
      const { role } = member;
      const lower = ROLES.slice(0, ROLES.indexOf(role));
      await trx
        .insertInto("members")
        .values({ ...member, since: now() })
        .onConflict((conflict) =>
          conflict
            .columns(["project", "user"])
            .doUpdateSet({ role })
            .where(({ eb, or }) => or(lower.map((one) => eb("members.role", "=", one)))),
        )
        .execute();
    },

    /** Invitations and tokens that a former owner made end. Throws `member_not_found` or `last_owner`. */
    async setRole(slug: string, user: string, role: Role): Promise<void> {
      await write(async (trx) => {
        if (role !== "owner") {
          await keepAnOwner(trx, slug, user);
          await endMadeBy(trx, slug, user);
        }
        const { numUpdatedRows } = await trx
          .updateTable("members")
          .set({ role })
          .where("project", "=", slug)
          .where("user", "=", user)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) throw new ApiError("member_not_found");
      });
    },

    /** Invitations and tokens that they made end. Throws `member_not_found` or `last_owner`. */
    async remove(slug: string, user: string): Promise<void> {
      await write(async (trx) => {
        await keepAnOwner(trx, slug, user);
        await endMadeBy(trx, slug, user);
        const { numDeletedRows } = await trx
          .deleteFrom("members")
          .where("project", "=", slug)
          .where("user", "=", user)
          .executeTakeFirst();
        if (numDeletedRows === 0n) throw new ApiError("member_not_found");
      });
    },
  };
}

/** Throws `last_owner` if the user is the only owner that the project has. */
async function keepAnOwner(trx: Trx, slug: string, user: string): Promise<void> {
  const owners = await trx
    .selectFrom("members")
    .select("user")
    .where("project", "=", slug)
    .where("role", "=", "owner")
    .limit(2)
    .execute();
  if (owners.length === 1 && owners[0]?.user === user) throw new ApiError("last_owner");
}

/** Ends the invitations and API tokens of a project that a user made: by one they could come back. */
async function endMadeBy(trx: Trx, slug: string, user: string): Promise<void> {
  await trx
    .deleteFrom("invitations")
    .where("project", "=", slug)
    .where("user", "=", user)
    .execute();
  await trx
    .deleteFrom("api_tokens")
    .where("project", "=", slug)
    .where("made_by", "=", user)
    .execute();
}
