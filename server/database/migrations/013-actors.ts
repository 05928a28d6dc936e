import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Who started and canceled runs, replayed deliveries, and what audit entries say beside the call. */
export const actors: Migration = {
  async up(db) {
    await sql`alter table runs add column started_by text`.execute(db);
    await sql`alter table runs add column canceled_by text`.execute(db);
    await sql`alter table deliveries add column replayed_by text`.execute(db);
    await sql`alter table audit add column detail text`.execute(db);
  },
};
