import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Blocks that were published or ran, and an index that finds the last result of each. */
export const registeredBlocks: Migration = {
  async up(db) {
    await sql`create table registered_blocks (
      project text not null references projects (slug),
      id text not null,
      digest text not null,
      token text not null,
      code text not null,
      parts text not null,
      created_at bigint not null,
      published_at bigint,
      unpublished_at bigint,
      primary key (project, id)
    )`.execute(db);
    await sql`create unique index registered_block_by_digest on registered_blocks (digest)`.execute(
      db,
    );
    await sql`create index registered_blocks_by_time on registered_blocks (project, created_at)`.execute(
      db,
    );
    await sql`create index runs_of_block on runs (block_digest, ended_at)
      where kind = 'block' and state = 'succeeded'`.execute(db);
  },
};
