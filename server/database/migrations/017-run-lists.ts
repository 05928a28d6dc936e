import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/**
 * Lists of runs are narrowed and searched by indexes alone: a run's row is wide, because it holds the work. Outcomes
 * are counted by day as runs end, so that a chart of 100,000 runs reads as many rows as it has days.
 */
export const runLists: Migration = {
  async up(db) {
    await sql`alter table runs add column author text`.execute(db);
    await sql`alter table runs add column commit_sha text`.execute(db);
    await sql`alter table runs add column ran_ms integer`.execute(db);
    await sql`alter table runs add column secrets text`.execute(db);
    await sql`update runs set
      ran_ms = cast(round(json_extract(ending, '$.times.ran_s') * 1000) as integer),
      commit_sha = (select sha from run_commits where run = runs.id and position = 0),
      author = (select author_name from run_commits join commits
        on commits.project = run_commits.project and commits.sha = run_commits.sha
        where run = runs.id and position = 0)`.execute(db);
    await sql`drop index runs_of_project`.execute(db);
    await sql`create index runs_of_project
      on runs (project, kind, created_at, id, trigger, author, title)`.execute(db);
    await sql`create index runs_by_state
      on runs (project, kind, state, created_at, id)`.execute(db);
    await sql`create index runs_of_branch
      on runs (project, ref, created_at, id, trigger, state, ended_at, ran_ms)
      where kind = 'command'`.execute(db);
    await sql`create table run_days (
      project text not null references projects (slug),
      day integer not null,
      succeeded integer not null,
      failed integer not null,
      primary key (project, day)
    ) without rowid`.execute(db);
    await sql`insert into run_days
      select project, created_at / 86400000, sum(state = 'succeeded'), sum(state <> 'succeeded')
      from runs where kind = 'command' and ended_at is not null and state <> 'canceled'
      group by 1, 2`.execute(db);
  },
};
