import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/**
 * Results that are still to be written are asked for each second, in the order of their ends: the former index by id
 * could not give that order, so SQLite read every run that had ended. A search for blocks reads the index alone: in
 * the table their titles stand behind their code and files, which may be hundreds of kilobytes each.
 */
export const leanIndexes: Migration = {
  async up(db) {
    await sql`drop index runs_unwritten`.execute(db);
    await sql`create index runs_unwritten on runs (ended_at)
      where ended_at is not null and result_written = 0`.execute(db);
    await sql`drop index registered_blocks_by_last_run`.execute(db);
    await sql`create index registered_blocks_by_last_run
      on registered_blocks (project, last_run_at, created_at, id, title, name, runtime)`.execute(
      db,
    );
  },
};
