import { servesRuntime } from "../../protocol/runtimes.ts";
import type { Database, Trx } from "../database/database.ts";
import { findMachine, runtimesOf, updateMachine, type MachineRow } from "./machines.ts";
import { updateWake } from "./wakes.ts";

export interface LeavingOptions {
  /**
   * What keeps it: `needed`, that it holds a run or one waits that it could execute; `busy`, that it holds
   * one; `nothing`.
   */
  keptBy: "needed" | "busy" | "nothing";
  /** Kept with the machine, so that whoever ends it knows. */
  reason: string;
}

/**
 * Marks a machine as leaving, under its row's lock: from then on it is given no run. Returns the machine
 * as it was, or undefined where it stays or is gone.
 */
export function markLeaving(
  database: Database,
  launchId: string,
  { keptBy, reason }: LeavingOptions,
): Promise<MachineRow | undefined> {
  return database.write(async (trx) => {
    const machine = await findMachine(trx, launchId);
    if (!machine || machine.state === "gone") return undefined;
    if (machine.state === "leaving") return machine;
    if (keptBy !== "nothing" && (await isNeeded(trx, machine, keptBy))) return undefined;
    await updateMachine(trx, launchId, { state: "leaving", reason });
    await updateWake(trx, launchId, { reason });
    return machine;
  });
}

async function isNeeded(trx: Trx, machine: MachineRow, by: "needed" | "busy"): Promise<boolean> {
  const runtimes = runtimesOf(machine);
  const runs = await trx
    .selectFrom("runs")
    .select(["runtime", "machine"])
    .where("state", "in", ["queued", "waking", "retrying", "running"])
    .where("pool", "=", machine.pool)
    .where((where) =>
      where.or([where("machine", "is", null), where("machine", "=", machine.launch_id)]),
    )
    .execute();
  return runs.some(
    (run) =>
      run.machine !== null ||
      (by === "needed" && runtimes.some((runtime) => servesRuntime(runtime, run.runtime))),
  );
}
