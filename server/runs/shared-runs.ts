import type { Trx } from "../database/database.ts";
import type { StoredResult } from "../../protocol/run.ts";
import type { RunRow } from "./record.ts";
import { runUrls, type Addresses } from "./view.ts";

/** The run of this key that has not ended, if there is one: whoever asks for the same shares it. */
export async function findInFlight(trx: Trx, runKey: string): Promise<RunRow | undefined> {
  return trx
    .selectFrom("runs")
    .selectAll()
    .where("run_key", "=", runKey)
    .where("ended_at", "is", null)
    .executeTakeFirst();
}

/** The run of this key that succeeded last. */
export async function findSucceeded(trx: Trx, runKey: string): Promise<RunRow | undefined> {
  return trx
    .selectFrom("runs")
    .selectAll()
    .where("run_key", "=", runKey)
    .where("state", "=", "succeeded")
    .orderBy("created_at", "desc")
    .executeTakeFirst();
}

export function storedResult(of: Addresses, run: RunRow, now: number): StoredResult {
  return {
    id: run.id,
    result_url: runUrls(of, run).result_url,
    ended_at: new Date(run.ended_at!).toISOString(),
    age_s: Math.max(0, Math.round((now - run.ended_at!) / 1000)),
  };
}
