import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Readers run a block with inputs and code of their own: the last result of the author's is found without reading theirs. */
export const lastResults: Migration = {
  async up(db) {
    await sql`drop index runs_of_block`.execute(db);
    await sql`create index runs_of_block on runs (block_digest, inputs_digest, code_digest, ended_at)
      where kind = 'block' and state = 'succeeded' and result_written = 1`.execute(db);
  },
};
