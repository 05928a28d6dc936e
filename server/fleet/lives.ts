import type { Logger } from "pino";
import type { ReasonCode } from "../../protocol/errors.ts";
import type { LaunchFile } from "../../protocol/responder.ts";
import type { Compute } from "../compute/compute.ts";
import type { Database } from "../database/database.ts";
import { newId } from "../ids.ts";
import type { Leases } from "../runs/leases.ts";
import type { Runs } from "../runs/runs.ts";
import type { createBackground } from "./background.ts";
import {
  aliveMachines,
  findMachine,
  newMachine,
  updateMachine,
  type MachineRow,
} from "./machines.ts";
import { waitingRuns } from "./waiting.ts";

export interface LivesDeps {
  database: Database;
  compute: Compute;
  runs: Runs;
  leases: Leases;
  background: ReturnType<typeof createBackground>;
  expectedSlots: number;
  launchFile: (launchId: string) => LaunchFile;
  now: () => number;
  log: Logger;
  /** Called after each change that planning depends on. */
  changed: () => Promise<void>;
}

/** Why a machine is stopped or gone. */
export type MachineEnd = ReasonCode | "idle";

/** How machines come and go: the record first, then the provider. */
export function createLives(deps: LivesDeps) {
  const { compute, runs, leases, background, now, log } = deps;
  const { queries } = deps.database;

  async function launch(pool: string): Promise<MachineRow & { state: "launching" }> {
    const launchId = newId();
    const machine = newMachine({
      launchId,
      pool,
      compute: compute.name,
      slots: deps.expectedSlots,
      now: now(),
    });
    await queries.insertInto("machines").values(machine).execute();
    log.info({ machine: launchId, pool }, "waking a machine");
    background.do(provide(machine), "a launch could not be recorded");
    return machine;
  }

  async function provide({ launch_id: launchId, pool }: MachineRow): Promise<void> {
    try {
      const spec = { launchId, pool, launchFile: deps.launchFile(launchId) };
      const { providerId } = await compute.launch(spec);
      await updateMachine(queries, launchId, { provider_id: providerId });
      await progress(launchId, "starting");
    } catch (error) {
      log.error({ err: error, machine: launchId }, "the launch failed");
      await gone(launchId, "launch_failed");
    }
  }

  async function progress(
    launchId: string,
    phase: MachineRow["phase"],
    step: string | null = null,
  ): Promise<void> {
    const changed = await queries
      .updateTable("machines")
      .set({ phase, step })
      .where("launch_id", "=", launchId)
      .where("state", "=", "launching")
      // What compute says comes late at times: it never turns back what the machine itself said.
      .$if(phase === "starting", (query) => query.where("phase", "=", "requested"))
      .executeTakeFirst();
    if (changed.numUpdatedRows > 0n) await deps.changed();
  }

  /** Stops a machine: it is marked first, so that it claims nothing more. */
  async function stop(launchId: string, reason: MachineEnd): Promise<void> {
    const machine = await findMachine(queries, launchId);
    if (!machine || machine.state === "gone") return;
    log.info({ machine: launchId, reason }, "stopping a machine");
    // It stays `launching` on record where it never registered: its runs wait for it in vain.
    if (machine.state === "ready") await updateMachine(queries, launchId, { state: "leaving" });
    const destroy = async () => {
      if (machine.provider_id) await compute.destroy(machine.provider_id);
      await gone(launchId, reason);
    };
    background.do(destroy(), "a machine could not be stopped");
  }

  /** A machine does not exist any more: its runs are tried again, what waited for it is told. */
  async function gone(launchId: string, reason: MachineEnd): Promise<void> {
    const machine = await findMachine(queries, launchId);
    if (!machine || machine.state === "gone") return;
    await updateMachine(queries, launchId, {
      state: "gone",
      token_hash: null,
      ended_at: now(),
      reason,
    });
    await leases.machineLost(launchId, "machine_gone");
    if (machine.state === "launching") {
      await wakeFailed(machine.pool, reason === "idle" ? "boot_failed" : reason);
    }
    await deps.changed();
  }

  /** Runs that waited for a machine that never came have used an attempt up. */
  async function wakeFailed(pool: string, reason: ReasonCode): Promise<void> {
    const machines = await aliveMachines(queries);
    if (machines.some((other) => other.pool === pool && other.state !== "leaving")) return;
    for (const run of await waitingRuns(queries, now())) {
      if (run.pool === pool) await runs.happen(run.id, { type: "wake_failed", reason });
    }
  }

  /** Holds the record against what the provider has, both ways. */
  async function sweep(): Promise<void> {
    const listed = await compute.list();
    const alive = await aliveMachines(queries);
    for (const machine of alive) {
      const there = listed.some(
        (one) => one.launchId === machine.launch_id && one.state === "running",
      );
      // A launch under way is not listed yet; it has its own time limit.
      if (there || machine.provider_id === null) continue;
      await gone(machine.launch_id, machine.state === "launching" ? "boot_failed" : "machine_gone");
    }
    for (const one of listed) {
      if (alive.some((machine) => machine.launch_id === one.launchId)) continue;
      const known = await findMachine(queries, one.launchId);
      if (known && known.state !== "gone") continue; // Launched since the two lists were made.
      log.info({ machine: one.launchId }, "removing a machine that is not on record");
      await compute.destroy(one.providerId);
    }
  }

  return { launch, progress, stop, gone, sweep };
}
