import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Strangers whose pull requests run. */
export const approvedAuthors: Migration = {
  async up(db) {
    await sql`create table approved_authors (
      project text not null references projects (slug),
      provider text not null,
      author text not null,
      name text not null,
      approved_by text not null,
      approved_at bigint not null,
      primary key (project, provider, author)
    )`.execute(db);
  },
};
