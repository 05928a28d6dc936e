import { sql } from "kysely";

export const hooksTables = [
  sql`create table hooks (id text primary key, project text not null references projects (slug))`,
  sql`create unique index hooks_of_project on hooks (project)`,
  sql`create table deliveries (
    id text primary key,
    number integer not null,
    project text not null references projects (slug),
    provider text not null,
    event text not null,
    delivery_id text,
    body_digest text not null,
    headers text not null,
    body text not null,
    received_at bigint not null,
    outcome text not null,
    detail text not null,
    run text references runs (id),
    replay_of text references deliveries (id)
  )`,
  sql`create unique index deliveries_by_number on deliveries (number)`,
  sql`create index deliveries_by_time on deliveries (project, number)`,
  sql`create index deliveries_by_body on deliveries (project, body_digest, received_at)`,
  sql`create index deliveries_by_id on deliveries (project, provider, delivery_id)`,
  sql`create index deliveries_by_age on deliveries (received_at)`,
  sql`create unique index deliveries_once on deliveries (project, provider, delivery_id)
    where outcome = 'run' and replay_of is null and delivery_id is not null`,
  sql`create index deliveries_of_run on deliveries (run) where run is not null`,
  sql`create index replays on deliveries (replay_of) where replay_of is not null`,
];

export const noticesTables = [
  sql`create table outgoing_hooks (
    id text primary key,
    project text not null references projects (slug),
    url text not null,
    sealed_secret text not null,
    events text not null,
    created_at bigint not null,
    removed_at bigint
  )`,
  sql`create table notices (
    id text primary key,
    project text not null references projects (slug),
    run text not null references runs (id),
    kind text not null,
    target text not null,
    what text not null,
    hook text references outgoing_hooks (id),
    body text not null,
    created_at bigint not null,
    next_at bigint,
    tries integer not null,
    sent_at bigint,
    answer text
  )`,
  sql`create index notices_due on notices (next_at) where next_at is not null`,
  sql`create index notices_by_time on notices (project, created_at)`,
  sql`create index notices_by_age on notices (created_at) where next_at is null`,
  sql`create unique index notices_once on notices (run, kind, target, what, coalesce(hook, ''))`,
];
