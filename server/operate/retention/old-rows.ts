import { sql } from "kysely";
import type { Database } from "../../database/database.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** How long a removed run is answered with `run_expired` instead of `run_not_found`. */
const REMEMBERED_MS = 365 * DAY_MS;
/** How long the record of changes is kept. */
const AUDITED_MS = 365 * DAY_MS;
/** Newest wakes of a pool that are always kept, since estimates of wake times use them. */
const KEPT_WAKES = 50;

interface OldRowsOptions {
  /** Rows that ended before this are removed. */
  before: number;
  now: number;
}

type Remove = (database: Database, options: OldRowsOptions, limit: number) => Promise<bigint>;

export type OldRows = keyof typeof OLD_ROWS;

/**
 * Each removes up to `limit` rows and returns their number. The limit keeps other queries from waiting long. A sweep
 * removes them in this order, so wakes stand before the machines that they refer to.
 */
export const OLD_ROWS = {
  "idempotency keys": (database, { now }, limit) =>
    removed(
      database,
      sql`delete from idempotency where scope in (
        select scope from idempotency where created_at <= ${now - DAY_MS} limit ${limit})`,
    ),
  sessions: (database, { now }, limit) =>
    removed(
      database,
      sql`delete from sessions where hash in (
        select hash from sessions where expires_at <= ${now} limit ${limit})`,
    ),
  "sign-in links": (database, { now }, limit) =>
    removed(
      database,
      sql`delete from sign_in_links where hash in (
        select hash from sign_in_links where expires_at <= ${now} limit ${limit})`,
    ),
  "links in mails": (database, { now }, limit) =>
    removed(
      database,
      sql`delete from user_links where hash in (
        select hash from user_links where expires_at <= ${now} limit ${limit})`,
    ),
  notices: (database, { before }, limit) =>
    removed(
      database,
      sql`delete from notices where id in (
        select id from notices where created_at < ${before} and next_at is null limit ${limit})`,
    ),
  // A replayed delivery stays as long as its replays.
  deliveries: (database, { before }, limit) =>
    removed(
      database,
      sql`delete from deliveries where id in (
        select id from deliveries where received_at < ${before} and not exists (
          select 1 from deliveries as replay where replay.replay_of = deliveries.id
        ) limit ${limit})`,
    ),
  wakes: (database, { before }, limit) =>
    removed(
      database,
      sql`delete from wakes where (machine, number) in (
        select machine, number from wakes where ended_at < ${before} and requested_at < (
          select kept.requested_at from wakes as kept
          where kept.pool = wakes.pool and kept.how = wakes.how and kept.registered_at is not null
          order by kept.requested_at desc limit 1 offset ${KEPT_WAKES - 1}
        ) limit ${limit})`,
    ),
  machines: (database, { before }, limit) =>
    removed(
      database,
      sql`delete from machines where launch_id in (
        select launch_id from machines where state = 'gone' and ended_at < ${before}
          and not exists (select 1 from wakes where wakes.machine = machines.launch_id)
          and not exists (select 1 from runs where runs.machine = machines.launch_id)
        limit ${limit})`,
    ),
  // A commit stays with its runs; a repeated push renews `seen_at`.
  commits: (database, { before }, limit) =>
    removed(
      database,
      sql`delete from commits where (project, sha) in (
        select project, sha from commits where seen_at < ${before} and not exists (
          select 1 from run_commits
          where run_commits.project = commits.project and run_commits.sha = commits.sha
        ) limit ${limit})`,
    ),
  "audit entries": (database, { now }, limit) =>
    removed(
      database,
      sql`delete from audit where number in (
        select number from audit where at <= ${now - AUDITED_MS} limit ${limit})`,
    ),
  "runs that are remembered": (database, { now }, limit) =>
    removed(
      database,
      sql`delete from expired_runs where id in (
        select id from expired_runs where expired_at <= ${now - REMEMBERED_MS} limit ${limit})`,
    ),
} satisfies Record<string, Remove>;

async function removed(database: Database, statement: ReturnType<typeof sql>): Promise<bigint> {
  const { numAffectedRows } = await statement.execute(database.queries);
  return numAffectedRows ?? 0n;
}
