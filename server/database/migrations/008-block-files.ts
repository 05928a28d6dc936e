import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Files of blocks in storage. */
export const blockFiles: Migration = {
  async up(db) {
    await sql`create table block_files (
      project text not null references projects (slug),
      block text not null,
      sha256 text not null,
      size bigint not null,
      announced_at bigint not null,
      primary key (project, block, sha256)
    )`.execute(db);
  },
};
