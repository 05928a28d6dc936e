import type { Selectable } from "kysely";
import type { UsualWake } from "../../protocol/run.ts";
import type { Database, Queries, Trx } from "../database/database.ts";
import type { WakesTable } from "../database/schema.ts";
import type { PricedWake } from "./budget.ts";
import type { MachineRow } from "./machines.ts";

type Wake = Pick<
  Selectable<WakesTable>,
  "machine" | "pool" | "project" | "how" | "hinted" | "requested_at"
>;

/** Puts on record that a machine is to be woken, before anybody is asked for it. */
export async function beginWake(trx: Trx, wake: Wake): Promise<void> {
  const last = await trx
    .selectFrom("wakes")
    .select((select) => select.fn.max("number").as("number"))
    .where("machine", "=", wake.machine)
    .executeTakeFirst();
  await trx
    .insertInto("wakes")
    .values({
      ...wake,
      number: (last?.number ?? 0) + 1,
      registered_at: null,
      ended_at: null,
      counted: 1,
      reason: null,
      detail: null,
    })
    .execute();
}

/** Changes the wake under way of a machine, if there is one. */
export async function updateWake(
  queries: Queries,
  machine: string,
  changes: Partial<
    Pick<
      Selectable<WakesTable>,
      "requested_at" | "registered_at" | "ended_at" | "counted" | "reason" | "said" | "detail"
    >
  >,
): Promise<void> {
  await queries
    .updateTable("wakes")
    .set(changes)
    .where("machine", "=", machine)
    .where("ended_at", "is", null)
    .execute();
}

/** Sets the times of what is under way by as much as the clock was set. */
export async function shiftWakes(queries: Queries, ms: number): Promise<void> {
  await queries
    .updateTable("wakes")
    .set(({ eb }) => ({
      requested_at: eb("requested_at", "+", ms),
      registered_at: eb("registered_at", "+", ms),
      failed_at: eb("failed_at", "+", ms),
    }))
    .where("ended_at", "is", null)
    .execute();
}

/** From now on another project pays for a machine that is there, or on its way. */
export async function chargeWake(
  database: Database,
  machine: string,
  project: string,
  now: number,
): Promise<void> {
  await database.write(async (trx) => {
    const wake = await trx
      .selectFrom("wakes")
      .select(["pool", "registered_at"])
      .where("machine", "=", machine)
      .where("ended_at", "is", null)
      .executeTakeFirst();
    if (!wake) return;
    await trx.updateTable("machines").set({ project }).where("launch_id", "=", machine).execute();
    if (wake.registered_at === null) {
      await trx
        .updateTable("wakes")
        .set({ project })
        .where("machine", "=", machine)
        .where("ended_at", "is", null)
        .execute();
      return;
    }
    await updateWake(trx, machine, { ended_at: now });
    const { pool } = wake;
    await beginWake(trx, { machine, pool, project, how: "charge", hinted: 0, requested_at: now });
    await updateWake(trx, machine, { registered_at: now });
  });
}

/**
 * Median and ninth decile of the pool's last 50 wakes of a kind, or of all where there was none of it;
 * undefined before the first.
 */
export async function usualWake(
  queries: Queries,
  pool: string,
  how: "launch" | "start",
): Promise<UsualWake | undefined> {
  const alike = await lastWakes(queries, pool, how);
  const wakes = alike.length > 0 ? alike : await lastWakes(queries, pool);
  if (wakes.length === 0) return undefined;
  const seconds = wakes
    // Negative where the clock was set back in between.
    .map((wake) => Math.max(0, wake.registered_at! - wake.requested_at) / 1000)
    .toSorted((a, b) => a - b);
  const at = (share: number) => seconds[Math.ceil(share * seconds.length) - 1]!;
  return { p50_s: at(0.5), p90_s: at(0.9), wakes: seconds.length };
}

async function lastWakes(queries: Queries, pool: string, how?: WakesTable["how"]) {
  return queries
    .selectFrom("wakes")
    .select(["requested_at", "registered_at"])
    .where("pool", "=", pool)
    .where("registered_at", "is not", null)
    .where("how", how ? "=" : "<>", how ?? "charge")
    .orderBy("requested_at", "desc")
    .limit(50)
    .execute();
}

/**
 * Where a machine reaches no server for this long, it has stopped by itself: its launch file allows it less.
 * What nobody could see while the server was away is not paid for.
 */
const SELF_STOPPED_MS = 15 * 60_000;

/** When a machine that was not told to go stopped costing at the latest, whenever it is noticed. */
export function lastPaid(machine: Pick<MachineRow, "state" | "last_seen_at">, now: number): number {
  return machine.state === "leaving" ? now : Math.min(now, machine.last_seen_at + SELF_STOPPED_MS);
}

/** The wakes that cost something after `since`. */
export async function pricedWakes(
  queries: Queries,
  since: number,
  now: number,
): Promise<PricedWake[]> {
  const rows = await queries
    .selectFrom("wakes")
    .innerJoin("machines", "machines.launch_id", "wakes.machine")
    .select(["wakes.project", "hinted", "wakes.requested_at", "wakes.ended_at"])
    .select(["state", "last_seen_at"])
    .where("counted", "=", 1)
    .where((where) =>
      where.or([where("wakes.ended_at", "is", null), where("wakes.ended_at", ">", since)]),
    )
    .execute();
  return rows.map((row) => ({
    project: row.project,
    hinted: row.hinted === 1,
    requestedAt: row.requested_at,
    endedAt: row.ended_at ?? lastPaid(row, now),
  }));
}
