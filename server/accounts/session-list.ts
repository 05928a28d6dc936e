import { ApiError } from "../../protocol/deferred-error.ts";
import type { SessionView } from "../../protocol/people.ts";
import type { Database } from "../database/database.ts";

export type SessionList = ReturnType<typeof createSessionList>;

/** Sessions as people see them: each can be ended. */
export function createSessionList({ queries }: Database, now: () => number) {
  return {
    /** The last used first; of one user if that is given. */
    async list(user?: string): Promise<SessionView[]> {
      let rows = queries
        .selectFrom("sessions")
        .innerJoin("users", "users.id", "sessions.user")
        .select(["sessions.id", "users.name", "sessions.agent", "sessions.created_at"])
        .select(["sessions.used_at", "sessions.expires_at"])
        .where("sessions.expires_at", ">", now());
      if (user !== undefined) rows = rows.where("sessions.user", "=", user);
      const found = await rows.orderBy("sessions.used_at", "desc").execute();
      const moment = (at: number) => new Date(at).toISOString();
      return found.map(({ id, name, agent, created_at, used_at, expires_at }) => ({
        ...{ id, user: name, agent, began_at: moment(created_at) },
        ...{ last_used_at: moment(used_at), expires_at: moment(expires_at) },
      }));
    },

    /** Ends a session, of one user if that is given. Throws `session_not_found`. */
    async end(id: string, user?: string): Promise<void> {
      let rows = queries.deleteFrom("sessions").where("id", "=", id);
      if (user !== undefined) rows = rows.where("user", "=", user);
      const { numDeletedRows } = await rows.executeTakeFirst();
      if (numDeletedRows === 0n) throw new ApiError("session_not_found");
    },
  };
}
