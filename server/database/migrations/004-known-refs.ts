import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** The last known commits of branches and tags, by which a change is found whose webhook was lost. */
export const knownRefs: Migration = {
  async up(db) {
    await sql`create table known_refs (
      project text not null references projects (slug),
      ref text not null,
      sha text not null,
      before text,
      moved_at bigint not null,
      primary key (project, ref)
    )`.execute(db);
    await sql`alter table projects add column refs_seen_at bigint`.execute(db);
  },
};
