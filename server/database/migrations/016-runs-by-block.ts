import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** The page of a block lists its last runs, also those that failed. */
export const runsByBlock: Migration = {
  async up(db) {
    await sql`create index runs_by_block on runs (block_digest, created_at)
      where kind = 'block'`.execute(db);
  },
};
