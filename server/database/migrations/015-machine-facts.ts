import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** What a machine is, why it came and went, and what a project wants of its machines. */
export const machineFacts: Migration = {
  async up(db) {
    for (const column of ["type", "zone", "market", "image", "wish", "asked_by"]) {
      await sql`alter table machines add column ${sql.id(column)} text`.execute(db);
    }
    await sql`alter table machines add column added integer not null default 0`.execute(db);
    await sql`alter table wakes add column cause text`.execute(db);
    await sql`alter table wakes add column ended_by text`.execute(db);
    await sql`create table machine_settings (
      project text primary key,
      settings text not null
    )`.execute(db);
  },
};
