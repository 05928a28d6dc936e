import { sql, type SqlBool } from "kysely";
import { storageKeys } from "../../../protocol/paths.ts";
import type { Database, Queries } from "../../database/database.ts";
import type { RunRow } from "../../runs/record.ts";
import type { Storage } from "../../storage/storage.ts";
import { keepLastState } from "../../runs/last-states.ts";

/** The columns of a run that retention needs. */
export type ExpiredRun = Pick<
  RunRow,
  "id" | "kind" | "project" | "trigger" | "ref" | "state" | "created_at" | "ended_at"
>;

const isUnreferenced = sql<SqlBool>`(
  not exists (select 1 from idempotency where idempotency.run = runs.id)
  and not exists (select 1 from deliveries where deliveries.run = runs.id)
  and not exists (select 1 from notices where notices.run = runs.id)
)`;

/**
 * The next runs that ended before `before` and that no younger row refers to, in the order of their ends. Runs
 * whose result is not stored yet stay.
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
    .where(isUnreferenced)
    .orderBy("ended_at")
    .orderBy("id")
    .limit(limit)
    .execute();
}

/**
 * Removes a run: its files first, then the rows that lead to them. Idempotent: after a crash in between, the next
 * sweep removes it again. Returns false, and removes nothing, where a newer request refers to the run since.
 */
export async function removeRun(
  { database, storage }: { database: Database; storage: Storage },
  run: ExpiredRun,
  now: number,
): Promise<boolean> {
  // Removes the run key first, so that no request shares a run whose result is being deleted.
  const { numUpdatedRows } = await database.queries
    .updateTable("runs")
    .set({ run_key: null })
    .where("id", "=", run.id)
    .where(isUnreferenced)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return false;
  await storage.remove(folderOf(run));
  await database.write(async (trx) => {
    await keepLastState(trx, run);
    for (const table of ["events", "callers", "run_commits"] as const) {
      await trx.deleteFrom(table).where("run", "=", run.id).execute();
    }
    await trx.deleteFrom("runs").where("id", "=", run.id).execute();
    await trx.insertInto("expired_runs").values({ id: run.id, expired_at: now }).execute();
  });
  return true;
}

function folderOf({ id, kind }: ExpiredRun): string {
  const result = kind === "command" ? storageKeys.privateResult(id) : storageKeys.result(id);
  return result.slice(0, result.lastIndexOf("/"));
}
