import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Removed projects can be restored until they are purged. Those of earlier releases lost their secrets at once. */
export const removedProjects: Migration = {
  async up(db) {
    await sql`alter table projects add column purged_at bigint`.execute(db);
    await sql`update projects set purged_at = removed_at`.execute(db);
    // The newest runs of all projects.
    await sql`create index runs_newest on runs (created_at, project, state)
      where kind = 'command'`.execute(db);
  },
};
