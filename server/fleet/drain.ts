import type { Actor } from "../../protocol/actors.ts";
import { servesRuntime } from "../../protocol/runtimes.ts";
import type { Database, Trx } from "../database/database.ts";
import { toJson } from "../database/json.ts";
import { hasItsTurn } from "../runs/lanes.ts";
import { WAITING_STATES } from "../runs/record.ts";
import {
  findMachine,
  runtimesOf,
  updateMachine,
  type MachineEnd,
  type MachineRow,
} from "./machines.ts";
import { readPoolSettings } from "./machine-settings.ts";
import { failWake } from "./wake-failures.ts";
import { updateWake } from "./wakes.ts";

/**
 * What keeps a machine alive: `needed`, a run it holds or a waiting run that it could execute; `busy`, a
 * run it holds; `ready`, it has come up meanwhile; `nothing`.
 */
type KeptBy = "needed" | "busy" | "ready" | "nothing";

export interface LeavingOptions {
  keptBy: KeptBy;
  reason: MachineEnd;
  /** Facts for waiting readers beside the reason. */
  said?: string | undefined;
  /** Who asked for it. */
  by?: Actor | undefined;
  now: number;
}

/**
 * Marks a machine as leaving, under its row's lock, so that it is assigned no more runs. Returns the
 * machine as it was, or undefined where it stays or is gone.
 */
export function markLeaving(
  database: Database,
  launchId: string,
  { keptBy, reason, said, by, now }: LeavingOptions,
): Promise<MachineRow | undefined> {
  return database.write(async (trx) => {
    const machine = await findMachine(trx, launchId);
    if (!machine || machine.state === "gone") return undefined;
    if (machine.state === "leaving") return machine;
    if (await isKept(trx, machine, keptBy)) return undefined;
    const askedBy = by ? toJson(by) : null;
    await updateMachine(trx, launchId, { state: "leaving", reason, asked_by: askedBy });
    await updateWake(trx, launchId, { reason, ...(said ? { said } : {}) });
    if (machine.registered_at === null) await failWake(trx, launchId, reason, now);
    return machine;
  });
}

async function isKept(trx: Trx, machine: MachineRow, by: KeptBy): Promise<boolean> {
  if (by === "nothing") return false;
  if (by === "ready") return machine.state === "ready";
  const held = await trx
    .selectFrom("runs")
    .select("id")
    .where("state", "=", "running")
    .where("machine", "=", machine.launch_id)
    .executeTakeFirst();
  if (held) return true;
  if (by === "busy") return false;
  if (await isKeptAwake(trx, machine)) return true;
  const runtimes = runtimesOf(machine);
  const waiting = await trx
    .selectFrom("runs")
    .select("runtime")
    .distinct()
    .where("state", "in", WAITING_STATES)
    .where("pool", "=", machine.pool)
    .where(hasItsTurn)
    .execute();
  return waiting.some((run) => runtimes.some((found) => servesRuntime(found, run.runtime)));
}

/** Whether its pool would have fewer machines awake without it than it keeps. */
async function isKeptAwake(trx: Trx, { pool, state }: MachineRow): Promise<boolean> {
  if (state !== "ready") return false;
  const { min_awake: least = 0 } = await readPoolSettings(trx, pool);
  if (least === 0) return false;
  const { awake } = await trx
    .selectFrom("machines")
    .select((select) => select.fn.countAll<number>().as("awake"))
    .where("pool", "=", pool)
    .where("state", "in", ["launching", "ready"])
    .executeTakeFirstOrThrow();
  return awake <= least;
}
