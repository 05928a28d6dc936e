import { storageKeys } from "../../protocol/paths.ts";
import type { Database, Queries } from "../database/database.ts";
import type { RunRow } from "../runs/record.ts";
import type { Storage } from "../storage/storage.ts";
import { keepLastState } from "./last-states.ts";

/** Everything of a run that retention looks at. */
export type ExpiredRun = Pick<
  RunRow,
  "id" | "kind" | "project" | "trigger" | "ref" | "state" | "created_at" | "ended_at"
>;

/**
 * The next runs that ended before `before` and that nothing younger leads to, in the order of their ends.
 * One whose result storage has not taken yet is not over.
 */
export function nextExpired(
  queries: Queries,
  { before, after, limit }: { before: number; after: readonly [number, string]; limit: number },
): Promise<ExpiredRun[]> {
  const [endedAt, id] = after;
  return queries
    .selectFrom("runs")
    .select(["id", "kind", "project", "trigger", "ref", "state", "created_at", "ended_at"])
    .where("ended_at", "<", before)
    .where((where) => where(where.refTuple("ended_at", "id"), ">", where.tuple(endedAt, id)))
    .where("result_written", "=", 1)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("idempotency").select("scope").whereRef("idempotency.run", "=", "runs.id"),
        ),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom("deliveries").select("id").whereRef("deliveries.run", "=", "runs.id"))),
    )
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom("notices").select("id").whereRef("notices.run", "=", "runs.id"))),
    )
    .orderBy("ended_at")
    .orderBy("id")
    .limit(limit)
    .execute();
}

/**
 * Removes a run: its files first, as what is on record leads to them. A crash in between is made good by
 * the next sweep, which finds the run still there and removes what is gone already once more.
 */
export async function removeRun(
  { database, storage }: { database: Database; storage: Storage },
  run: ExpiredRun,
  now: number,
): Promise<void> {
  // From now on it answers for no other: its result is gone before its row is.
  await database.queries
    .updateTable("runs")
    .set({ run_key: null })
    .where("id", "=", run.id)
    .where("run_key", "is not", null)
    .execute();
  await storage.remove(folderOf(run));
  await database.write(async (trx) => {
    await keepLastState(trx, run);
    for (const table of ["events", "callers", "run_commits"] as const) {
      await trx.deleteFrom(table).where("run", "=", run.id).execute();
    }
    await trx.deleteFrom("runs").where("id", "=", run.id).execute();
    await trx.insertInto("expired_runs").values({ id: run.id, expired_at: now }).execute();
  });
}

function folderOf({ id, kind }: ExpiredRun): string {
  const result = kind === "command" ? storageKeys.privateResult(id) : storageKeys.result(id);
  return result.slice(0, result.lastIndexOf("/"));
}
