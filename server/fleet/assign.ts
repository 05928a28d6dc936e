import { ApiError } from "../../protocol/deferred-error.ts";
import { projectPool } from "../commands/pools.ts";
import type { Database, Trx } from "../database/database.ts";
import { SHARED_POOL } from "../runs/submit.ts";
import type { Heartbeats } from "./heartbeat.ts";
import { aliveMachines, findMachine, updateMachine, type MachineRow } from "./machines.ts";
import { chargeWake, updateWake } from "./wakes.ts";

export interface AssignDeps {
  database: Database;
  heartbeats: Pick<Heartbeats, "pictureOf">;
  now: () => number;
}

/**
 * Moves a machine of the shared pool to a project's, which pays from then on. Only while it has run nothing: a
 * project's machines never ran code of others. Throws `machine_refused`.
 */
export async function assignMachine(
  { database, heartbeats, now }: AssignDeps,
  { launch_id: id, pool }: MachineRow,
  project: string,
): Promise<void> {
  const target = projectPool(project);
  if (pool === target) return;
  if (pool !== SHARED_POOL) {
    refuse(
      "It belongs to a project, whose secrets and caches may be on its disk. Add another one.",
    );
  }
  await database.write(async (trx) => {
    const machine = (await aliveMachines(trx, SHARED_POOL)).find((one) => one.launch_id === id);
    if (machine?.state !== "launching" && machine?.state !== "ready") {
      refuse("It is not awake. Start it first, or add another one.");
    }
    const hasWorked = machine.state === "ready" && !heartbeats.pictureOf(machine, []).unused;
    if (hasWorked || machine.stopped_at !== null || (await hasRun(trx, id))) {
      refuse("It has run blocks, and a project's machines run nothing of others. Add another one.");
    }
    await updateMachine(trx, id, { pool: target, added: 1 });
    await updateWake(trx, id, { pool: target });
  });
  await chargeWake(database, id, project, now());
  const moved = await findMachine(database.queries, id);
  if (moved?.pool !== target) refuse("It went away meanwhile. Add another one.");
}

async function hasRun(trx: Trx, id: string): Promise<boolean> {
  const run = trx.selectFrom("runs").select("id").where("machine", "=", id).limit(1);
  return (await run.executeTakeFirst()) !== undefined;
}

function refuse(detail: string): never {
  throw new ApiError("machine_refused", detail);
}
