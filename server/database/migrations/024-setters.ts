import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Who set a secret or a credential, and who added a key, as JSON. */
export const setters: Migration = {
  async up(db) {
    await sql`alter table project_secrets add column set_by text`.execute(db);
    await sql`alter table keys add column added_by text`.execute(db);
  },
};
