import type { Logger } from "pino";
import type { ReasonCode } from "../../protocol/errors.ts";
import type { LaunchFile } from "../../protocol/responder.ts";
import type { Compute } from "../compute/compute.ts";
import type { Database } from "../database/database.ts";
import { newId } from "../ids.ts";
import type { Leases } from "../runs/leases.ts";
import type { Runs } from "../runs/runs.ts";
import type { createBackground } from "./background.ts";
import { markLeaving } from "./leaving.ts";
import { aliveMachines, findMachine, newMachine, type MachineRow } from "./machines.ts";
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
export type MachineEnd = ReasonCode | "idle" | "server_closed";

/** Milliseconds before a machine that could not be stopped is tried again. */
const STOP_AGAIN_MS = 10_000;

/** How machines come and go: the record first, then the provider. */
export function createLives(deps: LivesDeps) {
  const { database, compute, runs, leases, background, now, log } = deps;
  const { queries } = database;
  /** Machines that are being stopped, and why: each is stopped once, and ends for that reason. */
  const stopping = new Map<string, MachineEnd>();

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
      const spec = {
        launchId,
        pool,
        project: "",
        launchFile: deps.launchFile(launchId),
        firstOffer: 1,
        onOffer: async () => {},
      };
      const { providerId } = await compute.launch(spec);
      const recorded = await queries
        .updateTable("machines")
        .set({ provider_id: providerId })
        .where("launch_id", "=", launchId)
        .where("state", "<>", "gone")
        .executeTakeFirst();
      // It was given up while the provider was asked: nobody else knows how it is called.
      if (recorded.numUpdatedRows === 0n) await compute.destroy(providerId);
      else await progress(launchId, "starting");
    } catch (error) {
      log.error({ err: error, machine: launchId }, "the launch failed");
      await gone(launchId, "launch_failed");
    }
  }

  /** Asks again for machines that a server before this one may have died asking for. */
  async function resume(): Promise<void> {
    const alive = await aliveMachines(queries);
    for (const machine of alive) {
      if (machine.provider_id !== null || machine.state === "leaving") continue;
      background.do(provide(machine), "a launch could not be recorded");
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
      // The responder says so too, when the machine was set up.
      .$if(phase === "booting", (query) => query.where("phase", "<>", "setting_up"))
      .executeTakeFirst();
    if (changed.numUpdatedRows > 0n) await deps.changed();
  }

  /** Stops a machine: it is marked first, so that it claims nothing more. */
  async function stop(launchId: string, reason: MachineEnd): Promise<void> {
    if (stopping.has(launchId)) return;
    const machine = await markLeaving(database, launchId, { unlessNeeded: reason === "idle" });
    if (!machine || stopping.has(launchId)) return;
    stopping.set(launchId, reason);
    log.info({ machine: launchId, reason }, "stopping a machine");
    const destroy = async () => {
      if (machine.provider_id !== null) await compute.destroy(machine.provider_id);
      await gone(launchId, reason);
      stopping.delete(launchId);
    };
    const failed = (error: unknown) => {
      // It stays on record as leaving, so planning comes back to it.
      setTimeout(() => stopping.delete(launchId), STOP_AGAIN_MS).unref();
      throw error;
    };
    background.do(destroy().catch(failed), "a machine could not be stopped");
  }

  /** A machine does not exist any more: its runs are tried again, what waited for it is told. */
  async function gone(launchId: string, how: MachineEnd): Promise<void> {
    const reason = stopping.get(launchId) ?? how;
    const changed = await queries
      .updateTable("machines")
      .set({ state: "gone", token_hash: null, ended_at: now(), reason })
      .where("launch_id", "=", launchId)
      .where("state", "<>", "gone")
      .executeTakeFirst();
    if (changed.numUpdatedRows === 0n) return;
    await leases.machineLost(launchId, "machine_gone");
    const machine = await findMachine(queries, launchId);
    // Where the server ends first, runs go on waiting: the next one wakes a machine for them.
    if (machine?.registered_at === null && reason !== "server_closed") {
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
    // The record is read first: what is launched in between is listed and not missed.
    const alive = await aliveMachines(queries);
    const listed = await compute.list();
    const exists = (launchId: string) =>
      listed.some((one) => one.launchId === launchId && one.state === "running");
    for (const machine of alive) {
      // A launch under way is not listed yet; it has its own time limit.
      if (machine.provider_id === null || exists(machine.launch_id)) continue;
      await gone(
        machine.launch_id,
        machine.registered_at === null ? "boot_failed" : "machine_gone",
      );
    }
    for (const { launchId, providerId } of listed) {
      const known = await findMachine(queries, launchId);
      if (known && known.state !== "gone") continue;
      log.info({ machine: launchId }, "removing a machine that is not on record");
      background.do(compute.destroy(providerId), "a machine could not be removed");
    }
  }

  return { launch, resume, progress, stop, gone, sweep };
}
