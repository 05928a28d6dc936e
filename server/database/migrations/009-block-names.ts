import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Names of published blocks, and when each was given. */
export const blockNames: Migration = {
  async up(db) {
    await sql`alter table registered_blocks add column name text`.execute(db);
    await sql`alter table registered_blocks add column named_at bigint`.execute(db);
    await sql`create index registered_blocks_by_name on registered_blocks (project, name, named_at)
      where name is not null`.execute(db);
  },
};
