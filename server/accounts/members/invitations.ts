import type { Selectable } from "kysely";
import { ApiError } from "../../../protocol/deferred-error.ts";
import type { Invitation } from "../../../protocol/members.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import type { Role } from "../../../protocol/roles.ts";
import type { Database } from "../../database/database.ts";
import { newId, newSecret, sha256 } from "../../database/ids.ts";
import type { InvitationsTable } from "../../database/tables/users.ts";
import type { Members } from "./members.ts";

export type Invitations = ReturnType<typeof createInvitations>;

const KEPT_MS = 7 * 24 * 60 * 60_000;
/** Open invitations of a project. */
const MOST = 100;

export interface InvitationsDeps {
  database: Database;
  members: Pick<Members, "add">;
  /** The server's public URL. */
  url: string;
  now: () => number;
}

/** One-time links that make a signed-in user a member of a project. Only their hashes are stored. */
export function createInvitations({ database, members, url, now }: InvitationsDeps) {
  const { queries, write } = database;

  async function find(code: string): Promise<Invitation | undefined> {
    const row = await queries
      .selectFrom("invitations")
      .innerJoin("projects", "projects.slug", "invitations.project")
      .selectAll("invitations")
      .where("invitations.hash", "=", sha256(code))
      .where("invitations.expires_at", ">", now())
      .where("projects.removed_at", "is", null)
      .executeTakeFirst();
    return row && viewOf(row);
  }

  return {
    find,

    isValid: async (code: string): Promise<boolean> => (await find(code)) !== undefined,

    /** Makes a link for one person, valid for seven days. Only the answer has it. Throws `invitations_full`. */
    async make(of: {
      project: string;
      role: Role;
      by: string;
      /** Null: the owner's token. */
      user: string | null;
    }): Promise<Invitation & { url: string }> {
      const code = newSecret();
      const row = await write(async (trx) => {
        await trx.deleteFrom("invitations").where("expires_at", "<=", now()).execute();
        const { open } = await trx
          .selectFrom("invitations")
          .select((select) => select.fn.countAll<number>().as("open"))
          .where("project", "=", of.project)
          .executeTakeFirstOrThrow();
        if (open >= MOST) throw new ApiError("invitations_full");
        return trx
          .insertInto("invitations")
          .values({
            ...{ id: newId(), hash: sha256(code), project: of.project, role: of.role },
            ...{ invited_by: of.by, user: of.user, expires_at: now() + KEPT_MS },
          })
          .returningAll()
          .executeTakeFirstOrThrow();
      });
      return { ...viewOf(row), url: url + pagePaths.invitation(code) };
    },

    /** The project's open ones, oldest first. */
    async list(project: string): Promise<Invitation[]> {
      const rows = await queries
        .selectFrom("invitations")
        .selectAll()
        .where("project", "=", project)
        .where("expires_at", ">", now())
        .orderBy("expires_at")
        .execute();
      return rows.map(viewOf);
    },

    /** Throws `invitation_not_found`. */
    async withdraw(project: string, id: string): Promise<void> {
      const { numDeletedRows } = await queries
        .deleteFrom("invitations")
        .where("id", "=", id)
        .where("project", "=", project)
        .executeTakeFirst();
      if (numDeletedRows === 0n) throw new ApiError("invitation_not_found");
    },

    /** Uses the link up and makes the user a member. Throws `invitation_not_found`. */
    async accept(code: string, user: string): Promise<Invitation> {
      return write(async (trx) => {
        const row = await trx
          .deleteFrom("invitations")
          .where("hash", "=", sha256(code))
          .where("expires_at", ">", now())
          .returningAll()
          .executeTakeFirst();
        if (!row) throw new ApiError("invitation_not_found");
        await members.add(trx, { project: row.project, user, role: row.role });
        return viewOf(row);
      });
    },
  };
}

function viewOf(row: Selectable<InvitationsTable>): Invitation {
  const { id, project, role, invited_by, expires_at } = row;
  return { id, project, role, invited_by, expires_at: new Date(expires_at).toISOString() };
}
