import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { Database } from "../../database/database.ts";
import { oneAtATime } from "../../database/one-at-a-time.ts";
import type { Storage } from "../../storage/storage.ts";
import { createClockJumpGuard } from "./clock-jump.ts";
import { nextExpired, removeRun } from "./expired-runs.ts";
import { OLD_ROWS, type OldRows } from "./old-rows.ts";

export interface RetentionDeps {
  database: Database;
  storage: Storage;
  /** Removes caches that no run has used since `before`. Resolves with their number. */
  removeUnusedCaches: (before: number) => Promise<number>;
  /** Removes stored files that no published block has. Resolves with the number of blocks they were of. */
  removeUnneededFiles: () => Promise<number>;
  /** Purges the projects that were removed seven days ago. Resolves with their number. */
  purgeProjects: () => Promise<number>;
  /** Days to keep ended runs and old records. */
  days: number;
  now: () => number;
  /** A clock that never jumps, in milliseconds. */
  steady?: () => number;
  log: Logger;
  /** Milliseconds between batches, so that other queries get the database. */
  pauseMs?: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const EVERY_MS = 60 * 60 * 1000;
/** Delay of the first sweep, so that it does not slow down a start. */
const FIRST_MS = 60 * 1000;
const RUNS_AT_ONCE = 20;
const ROWS_AT_ONCE = 500;
const PAUSE_MS = 50;

/** Rows that refer to runs. They are removed before the runs, so that no reference dangles. */
const REFERRING_TO_RUNS: readonly OldRows[] = ["idempotency keys", "notices", "deliveries"];
/** All others, in their order there. They are removed after the runs, since runs refer to some of them. */
const REMOVED_AFTER_RUNS = (Object.keys(OLD_ROWS) as OldRows[]).filter(
  (name) => !REFERRING_TO_RUNS.includes(name),
);

/** Removes runs and records that are older than the retention time. */
export function createRetention(deps: RetentionDeps) {
  const { database, days, now, log, pauseMs = PAUSE_MS, steady = () => performance.now() } = deps;
  const clockJump = createClockJumpGuard(database, { now, steady });
  const stopped = new AbortController();
  let timer: NodeJS.Timeout | undefined;

  const pause = () => sleep(pauseMs, undefined, { signal: stopped.signal, ref: false });

  async function removeRows(name: OldRows, before: number): Promise<number> {
    let count = 0;
    for (;;) {
      const rows = await OLD_ROWS[name](database, { before, now: now() }, ROWS_AT_ONCE);
      count += Number(rows);
      if (rows < ROWS_AT_ONCE) return count;
      await pause();
    }
  }

  /** Tries each run once. A run whose files can't be removed now is retried by the next sweep. */
  async function removeRuns(before: number): Promise<number> {
    let count = 0;
    let after: readonly [number, string] = [-1, ""];
    for (;;) {
      const runs = await nextExpired(database.queries, { before, after, limit: RUNS_AT_ONCE });
      for (const run of runs) {
        if (stopped.signal.aborted) return count;
        try {
          if (await removeRun(deps, run, now())) count++;
        } catch (error) {
          log.error({ err: error, run: run.id }, "a run could not be removed after its time");
        }
      }
      const last = runs.at(-1);
      if (!last || runs.length < RUNS_AT_ONCE) return count;
      after = [last.ended_at!, last.id];
      await pause();
    }
  }

  /** Objects that storage does not remove are retried by the next sweep. */
  function orNone(removing: Promise<number>, what: string): Promise<number> {
    return removing.catch((error: unknown) => {
      log.error({ err: error }, `${what} could not be removed after their time`);
      return 0;
    });
  }

  const sweep = oneAtATime(async () => {
    const left = await clockJump.left();
    if (left > 0) {
      const facts = { now: new Date(now()).toISOString(), hours: Math.ceil(left / 3_600_000) };
      return log.warn(
        facts,
        "the clock leapt ahead, so nothing is removed by it for a day: is it right?",
      );
    }
    const before = now() - days * DAY_MS;
    const counts: Record<string, number> = {};
    for (const name of REFERRING_TO_RUNS) counts[name] = await removeRows(name, before);
    counts["runs"] = await removeRuns(before);
    counts["caches"] = await orNone(deps.removeUnusedCaches(before), "caches");
    counts["files of blocks"] = await orNone(deps.removeUnneededFiles(), "files of blocks");
    counts["removed projects"] = await orNone(deps.purgeProjects(), "removed projects");
    for (const name of REMOVED_AFTER_RUNS) counts[name] = await removeRows(name, before);
    await clockJump.swept();
    const some = Object.entries(counts).filter(([, count]) => count > 0);
    if (some.length > 0)
      log.info(Object.fromEntries(some), "what was kept for its time is removed");
  });
  const sweepInBackground = () => {
    sweep().catch((error: unknown) => {
      if (!stopped.signal.aborted) log.error({ err: error }, "what expired could not be removed");
    });
  };

  return {
    sweep,

    begin(): void {
      timer = setTimeout(() => {
        sweepInBackground();
        timer = setInterval(sweepInBackground, EVERY_MS).unref();
      }, FIRST_MS).unref();
    },

    async close(): Promise<void> {
      clearTimeout(timer);
      stopped.abort();
      await sweep.idle();
    },
  };
}
