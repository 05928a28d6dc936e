import { sql, type Selectable, type SqlBool } from "kysely";
import type { Trx } from "../database/database.ts";
import type { RunsTable } from "../database/tables/runs.ts";

/**
 * For a `where`: runs of one lane are executed one after another, so a run whose turn has not come is not
 * claimable and wakes no machine. Where 10,000 runs wait, a claim takes 0.9 ms without lanes or with one
 * for each, and 7 ms where all are in one: the index of open runs answers for a run in under 1 µs.
 */
export const hasItsTurn = sql<SqlBool>`(
  runs.lane is null or not exists (
    select 1 from runs as earlier
    where earlier.lane = runs.lane
      and earlier.lane_number < runs.lane_number
      and earlier.ended_at is null
  ) and not exists (
    select 1 from lane_holds where lane_holds.lane = runs.lane
  )
)`;

/**
 * Keeps the lane of a canceled run held while a machine runs it: its program ends only when the machine
 * hears of the cancel.
 */
export async function holdLane(trx: Trx, row: Selectable<RunsTable>): Promise<void> {
  const { id, lane, attempt, pool, machine, claim, lease_until: until } = row;
  if (lane === null || machine === null || until === null) return;
  await trx
    .insertInto("lane_holds")
    .values({ lane, run: id, attempt, pool, machine, claim, until })
    .execute();
}
