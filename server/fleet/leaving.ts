import { servesRuntime } from "../../protocol/runtimes.ts";
import type { Database, Trx } from "../database/database.ts";
import { hasItsTurn } from "../runs/lanes.ts";
import { WAITING_STATES } from "../runs/record.ts";
import type { MachineEnd } from "./endings.ts";
import { failWake } from "./failed-wakes.ts";
import { findMachine, runtimesOf, updateMachine, type MachineRow } from "./machines.ts";
import { updateWake } from "./wakes.ts";

export interface LeavingOptions {
  /**
   * What keeps it: `needed`, that it holds a run or one waits that it could execute; `busy`, that it holds
   * one; `ready`, that it came up meanwhile; `nothing`.
   */
  keptBy: "needed" | "busy" | "ready" | "nothing";
  /** Kept with the machine, so that whoever ends it knows. */
  reason: MachineEnd;
  /** What whoever waits for it is told beside the reason. */
  said?: string | undefined;
  now: number;
}

/**
 * Marks a machine as leaving, under its row's lock: from then on it is given no run. Returns the machine
 * as it was, or undefined where it stays or is gone.
 */
export function markLeaving(
  database: Database,
  launchId: string,
  { keptBy, reason, said, now }: LeavingOptions,
): Promise<MachineRow | undefined> {
  return database.write(async (trx) => {
    const machine = await findMachine(trx, launchId);
    if (!machine || machine.state === "gone") return undefined;
    if (machine.state === "leaving") return machine;
    if (keptBy !== "nothing" && (await isKept(trx, machine, keptBy))) return undefined;
    await updateMachine(trx, launchId, { state: "leaving", reason });
    await updateWake(trx, launchId, { reason, ...(said ? { said } : {}) });
    if (machine.registered_at === null) await failWake(trx, launchId, reason, now);
    return machine;
  });
}

async function isKept(
  trx: Trx,
  machine: MachineRow,
  by: Exclude<LeavingOptions["keptBy"], "nothing">,
): Promise<boolean> {
  if (by === "ready") return machine.state === "ready";
  const held = await trx
    .selectFrom("runs")
    .select("id")
    .where("state", "=", "running")
    .where("machine", "=", machine.launch_id)
    .executeTakeFirst();
  if (held) return true;
  if (by === "busy") return false;
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
