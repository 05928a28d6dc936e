import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** A claim serves the projects of a pool in turn: it finds each one's oldest waiting run without reading the others. */
export const waitingByProject: Migration = {
  async up(db) {
    await sql`create index runs_waiting_by_project on runs (pool, project, created_at)
      where state in ('queued', 'waking', 'retrying')`.execute(db);
  },
};
