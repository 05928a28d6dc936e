import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Small results on the server's own disk are rows: a file of its own takes a folder and two flushes. */
export const documents: Migration = {
  async up(db) {
    await sql`create table documents (
      key text primary key,
      body blob not null
    )`.execute(db);
  },
};
