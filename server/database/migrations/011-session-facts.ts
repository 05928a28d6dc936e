import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Sessions that can be listed and ended: by whom, from which program, when last used and when last proved. */
export const sessionFacts: Migration = {
  async up(db) {
    const columns = ["id text", '"user" text', "proved_at bigint", "used_at bigint", "agent text"];
    for (const column of columns) {
      await sql`alter table sessions add column ${sql.raw(column)}`.execute(db);
    }
    await sql`update sessions set id = lower(hex(randomblob(13))), proved_at = created_at,
      used_at = created_at, agent = ''`.execute(db);
    await sql`create unique index session_by_id on sessions (id)`.execute(db);
    await sql`create index sessions_of_user on sessions ("user")`.execute(db);
    await sql`alter table audit add column actor_kind text`.execute(db);
    await sql`update audit set actor_kind = case actor when 'owner' then 'owner' else 'token' end`.execute(
      db,
    );
  },
};
