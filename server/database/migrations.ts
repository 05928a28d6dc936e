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
  "005-projects": {
    async up(db) {
      const statements = [
        sql`alter table projects add column repository text`,
        sql`alter table projects add column default_branch text`,
        sql`alter table projects add column settings text not null default '{}'`,
        sql`alter table projects add column removed_at bigint`,
        // The first owner's token acts for every project; before, it named the only one there was.
        sql`alter table api_tokens rename to old_tokens`,
        sql`create table api_tokens (
          hash text primary key,
          project text references projects (slug),
          label text not null,
          created_at bigint not null
        )`,
        sql`insert into api_tokens
          select hash, case when project = 'local/demo' then null else project end, label, created_at
          from old_tokens`,
        sql`drop table old_tokens`,
        sql`create table project_secrets (
          project text not null references projects (slug),
          kind text not null,
          name text not null,
          sealed text not null,
          set_at bigint not null,
          primary key (project, kind, name)
        )`,
        sql`create table hooks (
          id text primary key,
          project text not null references projects (slug)
        )`,
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
        sql`create index deliveries_by_time on deliveries (project, number)`,
        sql`create index deliveries_by_body on deliveries (project, body_digest, received_at)`,
        sql`create unique index deliveries_by_number on deliveries (number)`,
        sql`create index deliveries_by_id on deliveries (project, provider, delivery_id)`,
        sql`create unique index deliveries_once on deliveries (project, provider, delivery_id)
          where outcome = 'run' and replay_of is null and delivery_id is not null`,
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
        sql`create table run_commits (
          run text not null references runs (id),
          position integer not null,
          project text not null,
          sha text not null,
          primary key (run, position)
        )`,
        sql`create index runs_of_commit on run_commits (project, sha)`,
        sql`alter table runs add column kind text not null default 'block'`,
        sql`alter table runs add column trigger text`,
        sql`alter table runs add column title text`,
        sql`alter table runs add column ref text`,
        // Runs of one lane are executed one after another, in the order of their numbers.
        sql`alter table runs add column lane text`,
        sql`alter table runs add column lane_number integer`,
        // The last state that was told to people.
        sql`alter table runs add column noticed text`,
        sql`create index runs_of_project on runs (project, created_at) where kind = 'command'`,
        sql`create index runs_in_lane on runs (lane, lane_number) where ended_at is null`,
        sql`create index runs_unnoticed on runs (id)
          where kind = 'command' and noticed is not state`,
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
          primary key (project, name)
        )`,
        sql`create table sessions (
          hash text primary key,
          created_at bigint not null,
          expires_at bigint not null
        )`,
        sql`create table sign_in_links (
          hash text primary key,
          expires_at bigint not null
        )`,
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
        sql`create unique index notices_once
          on notices (run, kind, target, what, coalesce(hook, ''))`,
        sql`create index notices_by_time on notices (project, created_at)`,
      ];
      for (const statement of statements) await statement.execute(db);
    },
  },
  "006-retention": {
    async up(db) {
      const statements = [
        sql`create table expired_runs (id text primary key, expired_at bigint not null)`,
        sql`create index expired_runs_by_time on expired_runs (expired_at)`,
        // What badges show of branches whose last run is gone.
        sql`create table last_states (
          project text not null references projects (slug),
          ref text not null,
          state text not null,
          created_at bigint not null,
          primary key (project, ref)
        )`,
        sql`create index runs_by_end on runs (ended_at, id) where ended_at is not null`,
        sql`create index idempotency_by_time on idempotency (created_at)`,
        sql`create index notices_by_age on notices (created_at) where next_at is null`,
        sql`create index deliveries_by_age on deliveries (received_at)`,
        sql`create index machines_by_end on machines (ended_at) where state = 'gone'`,
        // With each row that goes, SQLite looks for those that refer to it.
        sql`create index idempotency_of_run on idempotency (run)`,
        sql`create index deliveries_of_run on deliveries (run) where run is not null`,
        sql`create index replays on deliveries (replay_of) where replay_of is not null`,
        sql`create index runs_of_machine on runs (machine, state) where machine is not null`,
      ];
      for (const statement of statements) await statement.execute(db);
    },
  },
  "007-sharing": {
    async up(db) {
      // Whoever asks for the same shares the one run that is in flight, and there is no other.
      await sql`create unique index run_in_flight on runs (run_key)
        where run_key is not null and ended_at is null`.execute(db);
    },
  },
  "009-claims": {
    async up(db) {
      await sql`alter table runs add column claim bigint`.execute(db);
      await sql`alter table machines add column claims_from bigint not null default 0`.execute(db);
    },
  },
  "008-aging": {
    async up(db) {
      const statements = [
        // A block that fails is not gone through run by run for one that succeeded.
        sql`create index runs_succeeded on runs (run_key, ended_at)
          where run_key is not null and state = 'succeeded'`,
        sql`drop index runs_by_key`,
        sql`create index commits_by_age on commits (seen_at)`,
        sql`alter table caches add column used_at bigint not null default 0`,
        sql`update caches set used_at = saved_at`,
        // Files that no row of caches leads to, or that none may lead to: each goes unless it is kept in time.
        sql`create table loose_caches (
          project text not null references projects (slug),
          name text not null,
          sha256 text not null,
          since bigint not null,
          primary key (project, name, sha256)
        )`,
      ];
      for (const statement of statements) await statement.execute(db);
    },
  },
  "010-commit-refs": {
    async up(db) {
      const statements = [
        // Branches and tags that commits were seen on; they go with their commit.
        sql`create table commit_refs (
          project text not null,
          sha text not null,
          ref text not null,
          seen_at bigint not null,
          primary key (project, sha, ref),
          foreign key (project, sha) references commits (project, sha) on delete cascade
        )`,
        sql`create index commits_of_ref on commit_refs (project, ref)`,
        sql`insert into commit_refs (project, sha, ref, seen_at)
          select commits.project, commits.sha, runs.ref, max(runs.created_at) from commits
          join run_commits on run_commits.project = commits.project and run_commits.sha = commits.sha
          join runs on runs.id = run_commits.run
          where runs.ref is not null
          group by commits.project, commits.sha, runs.ref`,
        sql`insert into commit_refs (project, sha, ref, seen_at)
          select project, sha, ref, seen_at from commits where ref is not null
          on conflict do nothing`,
      ];
      for (const statement of statements) await statement.execute(db);
    },
  },
  "011-lane-holds": {
    async up(db) {
      // Attempts that were canceled while a machine had them: it may be at them until it says otherwise.
      await sql`create table lane_holds (
        lane text not null,
        run text not null,
        attempt integer not null,
        pool text not null,
        machine text not null,
        claim bigint,
        until bigint not null,
        primary key (lane, run)
      )`.execute(db);
    },
  },
  "012-output-size": {
    async up(db) {
      await sql`alter table runs add column output_size bigint not null default 0`.execute(db);
    },
  },
  "013-failed-wakes": {
    async up(db) {
      await sql`alter table wakes add column failed_at bigint`.execute(db);
      await sql`alter table wakes add column untold integer not null default 0`.execute(db);
      await sql`create index wakes_untold on wakes (untold) where untold = 1`.execute(db);
      await sql`create index wakes_by_request on wakes (requested_at)`.execute(db);
    },
  },
  "014-announced": {
    async up(db) {
      await sql`alter table runs add column announced text`.execute(db);
    },
  },
};

/** It has gone through what this release knows nothing of: a downgrade, or the backup of a newer server. */
class NewerDatabaseError extends Error {
  override readonly name = "NewerDatabaseError";
}

/** Brings the database to the newest form, or to that of an older release. */
export async function migrate(db: Queries, release?: string): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => MIGRATIONS },
  });
  const { error } = await (release ? migrator.migrateTo(release) : migrator.migrateToLatest());
  if (error instanceof Error && /^corrupted migrations: .* is missing$/.test(error.message)) {
    throw new NewerDatabaseError("The database is of a newer release.", { cause: error });
  }
  if (error) throw new Error("The database could not be migrated.", { cause: error });
}
