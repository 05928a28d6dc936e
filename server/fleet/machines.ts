import { fromJson, toJson } from "../database/json.ts";
import { sql, type Selectable } from "kysely";
import { parse } from "valibot";
import type { MachineWish } from "../../protocol/machines.ts";
import { REASONS, type ReasonCode } from "../../protocol/reasons.ts";
import { WakePhaseSchema, type UsualWake, type Waking } from "../../protocol/run.ts";
import type { FoundRuntime } from "../../protocol/runtimes.ts";
import type { Queries } from "../database/database.ts";
import { prepared } from "../database/prepared.ts";
import type { MachinesTable } from "../database/tables/machines.ts";

export type MachineRow = Selectable<MachinesTable>;

/** A machine that is not gone, with the number of runs it holds. */
export type AliveMachine = MachineRow & {
  state: Exclude<MachineRow["state"], "gone">;
  running: number;
};

/** Ends that do not count as a run's failure. */
const INTENDED_ENDS = [
  "idle",
  "outdated",
  "unused",
  "asleep",
  /** A person asked for it. */
  "stop_asked",
  "end_asked",
  "making_room",
  /** A healthy machine: its provider could not start it for now. */
  "unstartable",
  "server_closed",
  "shut_down",
] as const;

/** Why a machine is leaving, stopped or gone. */
export type MachineEnd = ReasonCode | (typeof INTENDED_ENDS)[number];

/** The reason on record; `launch_failed` where this release does not know it. */
export function parseReason(text: string | null): MachineEnd | undefined {
  if (text === null) return undefined;
  const isKnown = (one: string): one is MachineEnd =>
    Object.hasOwn(REASONS, one) || INTENDED_ENDS.some((end) => end === one);
  return isKnown(text) ? text : "launch_failed";
}

const machinesHolding = (queries: Queries) =>
  queries
    .selectFrom("machines")
    .selectAll("machines")
    .select((select) =>
      select
        .selectFrom("runs")
        .select((runs) => runs.fn.countAll<number>().as("running"))
        .whereRef("runs.machine", "=", "machines.launch_id")
        // Written out as in the index of such runs.
        .where("runs.state", "=", sql.lit("running"))
        .as("running"),
    )
    .where("state", "<>", "gone")
    .orderBy("requested_at");

const alive = prepared(machinesHolding);
const aliveIn = prepared((queries, { pool }: { pool: string }) =>
  machinesHolding(queries).where("pool", "=", pool),
);

export async function aliveMachines(queries: Queries, pool?: string): Promise<AliveMachine[]> {
  const rows = pool === undefined ? await alive(queries, {}) : await aliveIn(queries, { pool });
  return rows.flatMap(({ state, running, ...row }) =>
    state === "gone" ? [] : { ...row, state, running: Number(running) },
  );
}

/** The projects whose runs each machine holds. */
export async function projectsHeld(queries: Queries): Promise<Map<string, string[]>> {
  const rows = await queries
    .selectFrom("runs")
    .select(["machine", "project"])
    .distinct()
    // Written as in the index of such runs; the plus keeps SQLite from reading every run that machines ever
    // held.
    .where(sql<boolean>`state = 'running' and +machine is not null`)
    .execute();
  const held = Map.groupBy(rows, ({ machine }) => machine ?? "");
  return new Map([...held].map(([machine, of]) => [machine, of.map(({ project }) => project)]));
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

/** The row of a launch, recorded before the provider is called. */
export function newMachine(of: {
  launchId: string;
  pool: string;
  project: string;
  compute: string;
  slots: number;
  wish?: MachineWish | undefined;
  /** Whether a person asked for it. */
  added?: boolean;
  now: number;
}): MachineRow & { state: "launching" } {
  return {
    launch_id: of.launchId,
    pool: of.pool,
    project: of.project,
    compute: of.compute,
    state: "launching",
    phase: "requested",
    step: null,
    offer: null,
    next: null,
    requested_at: of.now,
    registered_at: null,
    provider_id: null,
    public_key: null,
    boot_id: null,
    claims_from: 0,
    token_hash: null,
    slots: of.slots,
    runtimes: toJson([]),
    about: null,
    last_seen_at: of.now,
    idle_since: null,
    stopped_at: null,
    outdated: 0,
    ended_at: null,
    reason: null,
    type: null,
    zone: null,
    market: null,
    image: null,
    wish: of.wish ? toJson(of.wish) : null,
    added: of.added ? 1 : 0,
    asked_by: null,
  };
}

export function runtimesOf(row: MachineRow): FoundRuntime[] {
  return fromJson(row.runtimes);
}

/** Progress of a wake, as readers see it. */
export function wakingOf(row: MachineRow, usual: UsualWake | undefined, next: string): Waking {
  return {
    phase: parse(WakePhaseSchema, row.phase),
    step: fromJson(row.step),
    since: new Date(row.requested_at).toISOString(),
    usual,
    next,
  };
}
