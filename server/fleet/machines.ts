import type { Selectable } from "kysely";
import { parse, array } from "valibot";
import { FoundRuntimeSchema } from "../../protocol/responder.ts";
import type { UsualWake, Waking } from "../../protocol/run.ts";
import type { FoundRuntime } from "../../protocol/runtimes.ts";
import type { Queries } from "../database/database.ts";
import type { MachinesTable } from "../database/schema.ts";
import type { FailedLaunches } from "./plan.ts";

export type MachineRow = Selectable<MachinesTable>;

/** A machine that is not gone, with how many runs it holds. */
export type AliveMachine = MachineRow & {
  state: Exclude<MachineRow["state"], "gone">;
  running: number;
};

export async function aliveMachines(queries: Queries): Promise<AliveMachine[]> {
  const rows = await queries
    .selectFrom("machines")
    .selectAll("machines")
    .select((select) =>
      select
        .selectFrom("runs")
        .select((runs) => runs.fn.countAll<number>().as("running"))
        .whereRef("runs.machine", "=", "machines.launch_id")
        .where("runs.state", "=", "running")
        .as("running"),
    )
    .where("state", "<>", "gone")
    .orderBy("requested_at")
    .execute();
  return rows.map((row) => ({ ...row, running: Number(row.running) }) as AliveMachine);
}

export async function findMachine(
  queries: Queries,
  launchId: string,
): Promise<MachineRow | undefined> {
  return queries
    .selectFrom("machines")
    .selectAll()
    .where("launch_id", "=", launchId)
    .executeTakeFirst();
}

export async function updateMachine(
  queries: Queries,
  launchId: string,
  changes: Partial<MachineRow>,
): Promise<void> {
  await queries.updateTable("machines").set(changes).where("launch_id", "=", launchId).execute();
}

/** The launch is on record before anybody is asked for a machine. */
export function newMachine(of: {
  launchId: string;
  pool: string;
  compute: string;
  slots: number;
  now: number;
}): MachineRow & { state: "launching" } {
  return {
    launch_id: of.launchId,
    pool: of.pool,
    compute: of.compute,
    state: "launching",
    phase: "requested",
    step: null,
    requested_at: of.now,
    registered_at: null,
    provider_id: null,
    public_key: null,
    boot_id: null,
    token_hash: null,
    slots: of.slots,
    runtimes: "[]",
    about: null,
    last_seen_at: of.now,
    idle_since: null,
    ended_at: null,
    reason: null,
  };
}

export function runtimesOf(row: MachineRow): FoundRuntime[] {
  return parse(array(FoundRuntimeSchema), JSON.parse(row.runtimes));
}

/** How far a launch is, as a reader is told. */
export function wakingOf(row: MachineRow, usual: UsualWake | undefined, next: string): Waking {
  return {
    phase: row.phase as Waking["phase"],
    step: row.step === null ? undefined : (JSON.parse(row.step) as Waking["step"]),
    since: new Date(row.requested_at).toISOString(),
    usual,
    next,
  };
}

/** How many launches of the pool failed one after another, of its last 10. */
export async function failedLaunches(queries: Queries, pool: string): Promise<FailedLaunches> {
  const last = await queries
    .selectFrom("machines")
    .select(["state", "registered_at", "ended_at"])
    .where("pool", "=", pool)
    .orderBy("requested_at", "desc")
    .limit(10)
    .execute();
  const done = last.filter((row) => row.registered_at !== null || row.state === "gone");
  const worked = done.findIndex((row) => row.registered_at !== null);
  const failed = worked === -1 ? done : done.slice(0, worked);
  return { count: failed.length, lastAt: Math.max(0, ...failed.map((row) => row.ended_at ?? 0)) };
}

/** Median and ninth decile of the pool's last 50 wakes; undefined before the first. */
export async function usualWake(queries: Queries, pool: string): Promise<UsualWake | undefined> {
  const rows = await queries
    .selectFrom("machines")
    .select(["requested_at", "registered_at"])
    .where("pool", "=", pool)
    .where("registered_at", "is not", null)
    .orderBy("requested_at", "desc")
    .limit(50)
    .execute();
  if (rows.length === 0) return undefined;
  const seconds = rows
    // Negative where the clock was set back in between.
    .map((row) => Math.max(0, row.registered_at! - row.requested_at) / 1000)
    .toSorted((a, b) => a - b);
  const at = (share: number) => seconds[Math.ceil(share * seconds.length) - 1]!;
  return { p50_s: at(0.5), p90_s: at(0.9), wakes: seconds.length };
}
