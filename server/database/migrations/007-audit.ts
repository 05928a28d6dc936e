import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Calls that changed something. Entries stay when their token or project is removed. */
export const auditLog: Migration = {
  async up(db) {
    await sql`create table audit (
      number integer primary key autoincrement,
      at bigint not null,
      actor text not null,
      actor_name text not null,
      project text,
      action text not null,
      path text not null,
      status integer,
      location text
    )`.execute(db);
    await sql`create index audit_of_project on audit (project, number)`.execute(db);
    await sql`create index audit_of_actor on audit (actor, number)`.execute(db);
    await sql`create index audit_by_time on audit (at)`.execute(db);
  },
};
