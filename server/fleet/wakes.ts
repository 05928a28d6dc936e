import type { Selectable } from "kysely";
import type { UsualWake } from "../../protocol/run.ts";
import type { Database, Queries, Trx } from "../database/database.ts";
import type { WakesTable } from "../database/tables/machines.ts";
import type { PricedWake } from "./budget.ts";
import type { MachineRow } from "./machines.ts";

type Wake = Pick<
  Selectable<WakesTable>,
  "machine" | "pool" | "project" | "how" | "hinted" | "requested_at"
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
    await beginWake(trx, { machine, pool, project, how: "charge", hinted: 0, requested_at: now });
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
 * Median and 90th percentile of the pool's last 50 wakes of a kind, or of all kinds where it has none;
 * undefined before the first.
 */
export async function usualWake(
  queries: Queries,
  pool: string,
  kind: WakeKind,
): Promise<UsualWake | undefined> {
  const alike = await lastWakes(queries, { pool, kind });
  return figuresOf(alike.length > 0 ? alike : await lastWakes(queries, { pool }));
}

/** Durations of the last 50 wakes of each kind, all pools together; kinds without a wake are left out. */
export async function wakeFigures(queries: Queries): Promise<(UsualWake & { kind: WakeKind })[]> {
  const all = await Promise.all(
    WAKE_KINDS.map(async (kind) => {
      const figures = figuresOf(await lastWakes(queries, { kind }));
      return figures && { kind, ...figures };
    }),
  );
  return all.flatMap((figures) => figures ?? []);
}

type Woken = Pick<Selectable<WakesTable>, "requested_at" | "registered_at">;

function figuresOf(wakes: readonly Woken[]): UsualWake | undefined {
  if (wakes.length === 0) return undefined;
  const seconds = wakes
    // Negative where the clock was set back in between.
    .map((wake) => Math.max(0, wake.registered_at! - wake.requested_at) / 1000)
    .toSorted((a, b) => a - b);
  const at = (share: number) => seconds[Math.ceil(share * seconds.length) - 1]!;
  return { p50_s: at(0.5), p90_s: at(0.9), wakes: seconds.length };
}

async function lastWakes(
  queries: Queries,
  { pool, kind }: { pool?: string; kind?: WakeKind },
): Promise<Woken[]> {
  let last = queries
    .selectFrom("wakes")
    .select(["requested_at", "registered_at"])
    .where("registered_at", "is not", null);
  if (pool !== undefined) last = last.where("pool", "=", pool);
  if (kind === undefined) last = last.where("how", "<>", "charge");
  else last = last.where("how", "=", kind === "start" ? "start" : "launch");
  if (kind !== undefined && kind !== "start") {
    last = last.where("set_up", "=", kind === "launch" ? 0 : 1);
  }
  return last.orderBy("requested_at", "desc").limit(50).execute();
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
