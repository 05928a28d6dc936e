import { sql } from "kysely";

export const runsTables = [
  sql`create table runs (
    id text primary key,
    project text not null references projects (slug),
    pool text not null,
    kind text not null default 'block',
    state text not null,
    work text not null,
    block_digest text not null,
    code_digest text not null,
    inputs_digest text not null,
    run_key text,
    runtime text not null,
    trigger text,
    title text,
    ref text,
    lane text,
    lane_number integer,
    attempt integer not null,
    max_attempts integer not null,
    repeatable integer not null,
    created_at bigint not null,
    available_at bigint not null,
    machine text references machines (launch_id),
    claim bigint,
    lease_until bigint,
    started_at bigint,
    last_batch integer not null,
    output_size bigint not null default 0,
    announced text,
    last_event integer not null,
    ended_at bigint,
    ending text,
    result_written integer not null default 0,
    noticed text
  )`,
  sql`create index runs_waiting on runs (pool, created_at)
    where state in ('queued', 'waking', 'retrying')`,
  sql`create index runs_running on runs (machine) where state = 'running'`,
  sql`create index runs_of_machine on runs (machine, state) where machine is not null`,
  sql`create index runs_unwritten on runs (id) where ended_at is not null and result_written = 0`,
  sql`create index runs_unnoticed on runs (id) where kind = 'command' and noticed is not state`,
  sql`create index runs_of_project on runs (project, created_at) where kind = 'command'`,
  sql`create index runs_in_lane on runs (lane, lane_number) where ended_at is null`,
  sql`create index runs_by_end on runs (ended_at, id) where ended_at is not null`,
  // Requests with the same key share the run in flight: a second one can't be inserted.
  sql`create unique index run_in_flight on runs (run_key)
    where run_key is not null and ended_at is null`,
  // Finds the last success of a block that often fails without reading its failures.
  sql`create index runs_succeeded on runs (run_key, ended_at)
    where run_key is not null and state = 'succeeded'`,
  sql`create table events (
    run text not null references runs (id),
    id integer not null,
    at bigint not null,
    attempt integer not null,
    body text not null,
    primary key (run, id)
  )`,
  sql`create table callers (
    run text not null references runs (id),
    caller integer not null,
    left_at bigint,
    primary key (run, caller)
  )`,
  sql`create table idempotency (
    scope text primary key,
    body text not null,
    run text not null references runs (id),
    caller integer not null,
    created_at bigint not null
  )`,
  sql`create index idempotency_by_time on idempotency (created_at)`,
  // SQLite looks up the referring rows of each run that is deleted.
  sql`create index idempotency_of_run on idempotency (run)`,
  sql`create table lane_holds (
    lane text not null,
    run text not null,
    attempt integer not null,
    pool text not null,
    machine text not null,
    claim bigint,
    until bigint not null,
    primary key (lane, run)
  )`,
  sql`create table expired_runs (id text primary key, expired_at bigint not null)`,
  sql`create index expired_runs_by_time on expired_runs (expired_at)`,
  sql`create table last_states (
    project text not null references projects (slug),
    ref text not null,
    state text not null,
    created_at bigint not null,
    primary key (project, ref)
  )`,
];
