import { sql } from "kysely";
import type { Migration } from "kysely/migration";
import { MIGRATIONS } from "../../../server/database/migrate.ts";

const STATEMENTS = [
  sql`alter table facts add column seen_at bigint not null default 7`,
  // Others refer to its rows.
  sql`create table new_projects (
    slug text primary key,
    motto text not null,
    created_at bigint not null,
    repository text,
    default_branch text,
    settings text not null default '{}',
    removed_at bigint
  )`,
  sql`insert into new_projects
    select slug, 'of ' || slug, created_at, repository, default_branch, settings, removed_at
    from projects`,
  sql`drop table projects`,
  sql`alter table new_projects rename to projects`,
  ...Array.from({ length: 12 }, (_, index) =>
    sql.raw(`create table later_${index} (id text primary key, project text, at bigint)`),
  ),
  ...Array.from({ length: 12 }, (_, index) =>
    sql.raw(`create index later_${index}_by_time on later_${index} (project, at)`),
  ),
];

/** The migrations of a release that is yet to come. */
export const NEXT_RELEASE: Readonly<Record<string, Migration>> = {
  ...MIGRATIONS,
  "900-next": {
    async up(db) {
      for (const statement of STATEMENTS) await statement.execute(db);
    },
  },
};
