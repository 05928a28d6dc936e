import { sql } from "kysely";
import { Migrator, type Migration } from "kysely/migration";
import type { Queries } from "./database.ts";

/** Numbered, append-only: a migration that was released is never changed. */
const MIGRATIONS: Record<string, Migration> = {
  "001-first": {
    async up(db) {
      await sql`create table facts (name text primary key, value text not null)`.execute(db);
      await sql`create table projects (slug text primary key, created_at bigint not null)`.execute(
        db,
      );
      await sql`create table api_tokens (
        hash text primary key,
        project text not null references projects (slug),
        label text not null,
        created_at bigint not null
      )`.execute(db);
      await sql`create table keys (
        project text not null references projects (slug),
        kid text not null,
        jwk text not null,
        label text,
        created_at bigint not null,
        revoked_at bigint,
        primary key (project, kid)
      )`.execute(db);
      await sql`create table revoked_blocks (
        project text not null references projects (slug),
        jti text not null,
        revoked_at bigint not null,
        primary key (project, jti)
      )`.execute(db);
      await sql`create table machines (
        launch_id text primary key,
        pool text not null,
        compute text not null,
        state text not null,
        phase text not null,
        step text,
        requested_at bigint not null,
        registered_at bigint,
        provider_id text,
        public_key text,
        boot_id text,
        token_hash text,
        slots integer not null,
        runtimes text not null,
        about text,
        last_seen_at bigint not null,
        idle_since bigint,
        ended_at bigint,
        reason text
      )`.execute(db);
      await sql`create index machines_alive on machines (pool) where state <> 'gone'`.execute(db);
      await sql`create unique index machines_token on machines (token_hash)`.execute(db);
      await sql`create table runs (
        id text primary key,
        project text not null references projects (slug),
        pool text not null,
        state text not null,
        work text not null,
        block_digest text not null,
        code_digest text not null,
        inputs_digest text not null,
        run_key text,
        runtime text not null,
        attempt integer not null,
        max_attempts integer not null,
        repeatable integer not null,
        created_at bigint not null,
        available_at bigint not null,
        machine text references machines (launch_id),
        lease_until bigint,
        started_at bigint,
        last_batch integer not null,
        last_event integer not null,
        ended_at bigint,
        ending text,
        result_written integer not null default 0
      )`.execute(db);
      await sql`create index runs_waiting on runs (pool, created_at)
        where state in ('queued', 'waking', 'retrying')`.execute(db);
      await sql`create index runs_running on runs (machine) where state = 'running'`.execute(db);
      await sql`create index runs_unwritten on runs (id)
        where ended_at is not null and result_written = 0`.execute(db);
      await sql`create index runs_by_key on runs (run_key, created_at)
        where run_key is not null`.execute(db);
      await sql`create table events (
        run text not null references runs (id),
        id integer not null,
        at bigint not null,
        attempt integer not null,
        body text not null,
        primary key (run, id)
      )`.execute(db);
      await sql`create table callers (
        run text not null references runs (id),
        caller integer not null,
        left_at bigint,
        primary key (run, caller)
      )`.execute(db);
      await sql`create table idempotency (
        scope text primary key,
        body text not null,
        run text not null references runs (id),
        caller integer not null,
        created_at bigint not null
      )`.execute(db);
    },
  },
  "002-machines-by-time": {
    async up(db) {
      // Planning looks at the last launches of a pool, and those of years lie beneath.
      await sql`create index machines_by_time on machines (pool, requested_at)`.execute(db);
    },
  },
  "003-wakes": {
    async up(db) {
      await sql`alter table machines add column project text not null default ''`.execute(db);
      await sql`alter table machines add column offer integer`.execute(db);
      await sql`alter table machines add column next text`.execute(db);
      await sql`alter table machines add column stopped_at bigint`.execute(db);
      await sql`alter table machines add column outdated integer not null default 0`.execute(db);
      await sql`create table wakes (
        machine text not null references machines (launch_id),
        number integer not null,
        pool text not null,
        project text not null,
        how text not null,
        hinted integer not null,
        requested_at bigint not null,
        registered_at bigint,
        ended_at bigint,
        counted integer not null,
        reason text,
        detail text,
        primary key (machine, number)
      )`.execute(db);
      // A machine was woken once so far, and its row told of that.
      await sql`insert into wakes
        (machine, number, pool, project, how, hinted, requested_at, registered_at, ended_at, counted, reason)
        select launch_id, 1, pool, '', 'launch', 0, requested_at, registered_at, ended_at, 0, reason
        from machines`.execute(db);
      await sql`create index wakes_by_time on wakes (pool, requested_at)`.execute(db);
      await sql`create index wakes_by_end on wakes (ended_at)`.execute(db);
      await sql`create unique index wakes_open on wakes (machine) where ended_at is null`.execute(
        db,
      );
      await sql`drop index machines_by_time`.execute(db);
    },
  },
  "004-wakes-by-kind": {
    async up(db) {
      // The last few launches may lie beneath years of starts.
      await sql`create index wakes_by_kind on wakes (pool, how, requested_at)
        where registered_at is not null`.execute(db);
    },
  },
};

/** Brings the database to the newest form. */
export async function migrate(db: Queries): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => MIGRATIONS },
  });
  const { error } = await migrator.migrateToLatest();
  if (error) throw new Error("The database could not be migrated.", { cause: error });
}
