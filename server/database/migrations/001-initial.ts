import { sql } from "kysely";
import type { Migration } from "kysely/migration";

const projects = [
  sql`create table facts (name text primary key, value text not null)`,
  sql`create table projects (
    slug text primary key,
    created_at bigint not null,
    repository text,
    default_branch text,
    settings text not null default '{}',
    removed_at bigint
  )`,
  sql`create table api_tokens (
    hash text primary key,
    project text references projects (slug),
    label text not null,
    created_at bigint not null
  )`,
  sql`create table keys (
    project text not null references projects (slug),
    kid text not null,
    jwk text not null,
    label text,
    created_at bigint not null,
    revoked_at bigint,
    primary key (project, kid)
  )`,
  sql`create table revoked_blocks (
    project text not null references projects (slug),
    jti text not null,
    revoked_at bigint not null,
    primary key (project, jti)
  )`,
  sql`create table project_secrets (
    project text not null references projects (slug),
    kind text not null,
    name text not null,
    sealed text not null,
    set_at bigint not null,
    primary key (project, kind, name)
  )`,
  sql`create table sessions (
    hash text primary key,
    created_at bigint not null,
    expires_at bigint not null
  )`,
  sql`create table sign_in_links (hash text primary key, expires_at bigint not null)`,
];

const fleet = [
  sql`create table machines (
    launch_id text primary key,
    pool text not null,
    project text not null,
    compute text not null,
    state text not null,
    phase text not null,
    step text,
    offer integer,
    next text,
    requested_at bigint not null,
    registered_at bigint,
    provider_id text,
    public_key text,
    boot_id text,
    claims_from bigint not null default 0,
    token_hash text,
    slots integer not null,
    runtimes text not null,
    about text,
    last_seen_at bigint not null,
    idle_since bigint,
    stopped_at bigint,
    outdated integer not null,
    ended_at bigint,
    reason text
  )`,
  sql`create index machines_alive on machines (pool) where state <> 'gone'`,
  sql`create unique index machines_token on machines (token_hash)`,
  sql`create index machines_by_end on machines (ended_at) where state = 'gone'`,
  sql`create table wakes (
    machine text not null references machines (launch_id),
    number integer not null,
    pool text not null,
    project text not null,
    how text not null,
    set_up integer not null default 0,
    hinted integer not null,
    requested_at bigint not null,
    registered_at bigint,
    failed_at bigint,
    untold integer not null default 0,
    ended_at bigint,
    counted integer not null,
    reason text,
    said text,
    detail text,
    primary key (machine, number)
  )`,
  sql`create index wakes_by_time on wakes (pool, requested_at)`,
  sql`create index wakes_by_end on wakes (ended_at)`,
  sql`create index wakes_by_request on wakes (requested_at)`,
  // The last few launches may lie beneath years of starts.
  sql`create index wakes_by_kind on wakes (pool, how, requested_at) where registered_at is not null`,
  sql`create index wakes_by_set_up on wakes (pool, how, set_up, requested_at) where registered_at is not null`,
  sql`create index wakes_untold on wakes (untold) where untold = 1`,
  sql`create unique index wakes_open on wakes (machine) where ended_at is null`,
];

const runs = [
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
  // Requests for the same share the one run in flight; a second one can't be inserted.
  sql`create unique index run_in_flight on runs (run_key)
    where run_key is not null and ended_at is null`,
  // Of a block that often fails, the last success is found without reading its failures.
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

const commands = [
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

const hooks = [
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

const notices = [
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

/** The schema of the first release. */
export const initial: Migration = {
  async up(db) {
    const statements = [...projects, ...fleet, ...runs, ...commands, ...hooks, ...notices];
    for (const statement of statements) await statement.execute(db);
  },
};
