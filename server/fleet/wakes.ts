import type { Selectable } from "kysely";
import type { Database, Queries, Trx } from "../database/database.ts";
import { toJson } from "../database/json.ts";
import type { WakesTable } from "../database/tables/machines.ts";
import type { PricedWake } from "./budget.ts";
import type { MachineRow } from "./machines.ts";

export type WakeRow = Selectable<WakesTable>;

type Wake = Pick<
  WakeRow,
  "machine" | "pool" | "project" | "how" | "hinted" | "requested_at" | "cause"
>;

/** Records that a machine is to be woken, before its provider is called. */
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

/** Changes a machine's current wake, if there is one. */
export async function updateWake(
  queries: Queries,
  machine: string,
  changes: Partial<
    Pick<
      Selectable<WakesTable>,
      | "set_up"
      | "requested_at"
      | "registered_at"
      | "ended_at"
      | "counted"
      | "reason"
      | "said"
      | "detail"
      | "ended_by"
      | "pool"
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

/** Shifts the times of current wakes by the clock's jump. */
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

/** Makes another project pay for a machine from now on. */
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
    const cause = toJson({ kind: "takeover" as const });
    const next = { machine, pool, project, cause, requested_at: now };
    await beginWake(trx, { ...next, how: "charge", hinted: 0 });
    await updateWake(trx, machine, { registered_at: now });
  });
}

/**
 * Ways to wake a machine: start a stopped machine, launch from a baked image, or launch from a blank image and
 * set it up.
 */
export const WAKE_KINDS = ["start", "launch", "launch_set_up"] as const;
export type WakeKind = (typeof WAKE_KINDS)[number];

export function wakeKind({
  how,
  set_up,
}: Pick<Selectable<WakesTable>, "how" | "set_up">): WakeKind {
  if (how === "start") return "start";
  return set_up === 1 ? "launch_set_up" : "launch";
}

/** The kind of a machine's current wake, as far as it is known. */
export async function kindOfWake(queries: Queries, machine: string): Promise<WakeKind> {
  const wake = await queries
    .selectFrom("wakes")
    .select(["how", "set_up"])
    .where("machine", "=", machine)
    .where("how", "<>", "charge")
    .orderBy("number", "desc")
    .limit(1)
    .executeTakeFirst();
  return wake ? wakeKind(wake) : "launch";
}

/**
 * A machine that reaches no server for this long has stopped itself: its launch file allows it less. Time
 * that the server could not observe is not charged.
 */
const SELF_STOPPED_MS = 15 * 60_000;

/** The latest moment at which a machine that left unasked stopped costing, whenever that is noticed. */
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
