import { sql } from "kysely";
import type { Queries, Trx } from "../database/database.ts";
import type { StoredResult } from "../../protocol/run.ts";
import type { RunRow } from "./record.ts";
import { runUrls, type Addresses } from "./view.ts";

/** The run of this key that has not ended, if there is one: requests for the same share it. */
export async function findInFlight(trx: Trx, runKey: string): Promise<RunRow | undefined> {
  return trx
    .selectFrom("runs")
    .selectAll()
    .where("run_key", "=", runKey)
    .where("ended_at", "is", null)
    .executeTakeFirst();
}

/** How far a moment may lie ahead of the clock before it counts as wrong. */
const ASTRAY_MS = 60_000;

/**
 * The runs that succeeded, the last one first. A run that ended in the future, before the clock was set back,
 * is skipped: it would stay the last one until then.
 */
export function succeededRuns(queries: Queries, now: number) {
  return (
    queries
      .selectFrom("runs")
      .selectAll()
      // Written out as in the indexes: SQLite uses them only then.
      .where("state", "=", sql.lit("succeeded"))
      .where("ended_at", "<=", now + ASTRAY_MS)
      .orderBy("ended_at", "desc")
      .limit(1)
  );
}

/** The run of this key that succeeded last. */
export async function findSucceeded(
  queries: Queries,
  runKey: string,
  now: number,
): Promise<RunRow | undefined> {
  return succeededRuns(queries, now).where("run_key", "=", runKey).executeTakeFirst();
}

/** Whether the run's result is young enough to answer for another run. */
export function isCurrent(run: RunRow, cacheS: number, now: number): boolean {
  return now - run.ended_at! < cacheS * 1000;
}

export function storedResult(of: Addresses, run: RunRow, now: number): StoredResult {
  return {
    id: run.id,
    result_url: runUrls(of, run).result_url,
    ended_at: new Date(run.ended_at!).toISOString(),
    age_s: Math.max(0, Math.round((now - run.ended_at!) / 1000)),
  };
}
