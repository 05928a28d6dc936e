import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Covering indexes: a project's page counts runs by day and state, and lists the active ones, without reading rows. */
export const listsOfRuns: Migration = {
  async up(db) {
    await sql`drop index runs_of_project`.execute(db);
    await sql`create index runs_of_project on runs (project, created_at, state, ended_at)
      where kind = 'command'`.execute(db);
    await sql`create index runs_under_way on runs (project, created_at)
      where kind = 'command' and ended_at is null`.execute(db);
  },
};
