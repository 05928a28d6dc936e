import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Who revoked a key, as JSON. */
export const keyRevokers: Migration = {
  async up(db) {
    await sql`alter table keys add column revoked_by text`.execute(db);
  },
};
