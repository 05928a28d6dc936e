import { sql } from "kysely";

export const commandsTables = [
  sql`create table commits (
    project text not null references projects (slug),
    sha text not null,
    message text not null,
    author_name text not null,
    author_email text not null,
    committed_at bigint not null,
    ref text,
    seen_at bigint not null,
    primary key (project, sha)
  )`,
  sql`create index commits_by_time on commits (project, committed_at)`,
  sql`create index commits_by_age on commits (seen_at)`,
  sql`create table commit_refs (
    project text not null,
    sha text not null,
    ref text not null,
    seen_at bigint not null,
    primary key (project, sha, ref),
    foreign key (project, sha) references commits (project, sha) on delete cascade
  )`,
  sql`create index commits_of_ref on commit_refs (project, ref)`,
  sql`create table run_commits (
    run text not null references runs (id),
    position integer not null,
    project text not null,
    sha text not null,
    primary key (run, position)
  )`,
  sql`create index runs_of_commit on run_commits (project, sha)`,
  sql`create table schedules (
    project text not null references projects (slug),
    position integer not null,
    cron text not null,
    next_at bigint,
    primary key (project, position)
  )`,
  sql`create table caches (
    project text not null references projects (slug),
    name text not null,
    sha256 text not null,
    size bigint not null,
    saved_at bigint not null,
    used_at bigint not null,
    primary key (project, name)
  )`,
  sql`create table loose_caches (
    project text not null references projects (slug),
    name text not null,
    sha256 text not null,
    since bigint not null,
    primary key (project, name, sha256)
  )`,
];
