import type { Logger } from "pino";
import type { ReasonCode } from "../../protocol/errors.ts";
import type { LaunchFile } from "../../protocol/responder.ts";
import { WAKE_PHASES } from "../../protocol/run.ts";
import { LaunchError, type Compute, type Offer } from "../compute/compute.ts";
import type { Database } from "../database/database.ts";
import { newId } from "../ids.ts";
import type { Leases } from "../runs/leases.ts";
import type { createBackground } from "./background.ts";
import { isSound } from "./compare.ts";
import { markLeaving, type LeavingOptions } from "./leaving.ts";
import {
  aliveMachines,
  findMachine,
  newMachine,
  updateMachine,
  type MachineRow,
} from "./machines.ts";
import type { StopReason } from "./plan.ts";
import { beginWake, updateWake } from "./wakes.ts";

export interface LivesDeps {
  database: Database;
  compute: Compute;
  leases: Leases;
  background: ReturnType<typeof createBackground>;
  expectedSlots: number;
  launchFile: (launchId: string) => LaunchFile;
  now: () => number;
  log: Logger;
  /** Called after each change that planning depends on; it is never waited for. */
  changed: () => void;
  /** Called when a machine that runs may have waited for did not come up. */
  wakeFailed: (pool: string, reason: ReasonCode) => Promise<void>;
}

/** Why a machine is stopped or gone. */
export type MachineEnd = ReasonCode | StopReason | "server_closed" | "shut_down";

/** Who asked for a machine, and whether only by a hint. */
export interface Asker {
  project: string;
  hinted: boolean;
}

/** How a machine's end came about, where the caller knows more. */
interface EndFacts {
  /** For operators. */
  detail?: string | undefined;
  /** No machine came of the wake, so it costs nothing. */
  free?: boolean;
}

/** Milliseconds before a machine that could not be stopped is tried again. */
const STOP_AGAIN_MS = 10_000;

/** How machines come and go: the record first, then the provider. */
export function createLives(deps: LivesDeps) {
  const { database, compute, leases, background, now, log } = deps;
  const { queries } = database;
  /** Machines that are being stopped: each is stopped once. */
  const stopping = new Set<string>();

  async function launch(pool: string, { project, hinted }: Asker): Promise<void> {
    const launchId = newId();
    const machine = newMachine({
      launchId,
      pool,
      project,
      compute: compute.name,
      slots: deps.expectedSlots,
      now: now(),
    });
    await database.write(async (trx) => {
      await trx.insertInto("machines").values(machine).execute();
      await beginWake(trx, wakeOf(machine, "launch", hinted));
    });
    log.info({ machine: launchId, pool, project }, "waking a machine");
    background.do(provide(machine), "a launch could not be recorded");
  }

  /** Starts a stopped machine again. */
  async function start(launchId: string, { project, hinted }: Asker): Promise<void> {
    const machine = await database.write(async (trx) => {
      const row = await findMachine(trx, launchId);
      if (row?.state !== "stopped") return undefined;
      const woken = {
        ...row,
        state: "launching" as const,
        project,
        phase: "requested",
        step: null,
        next: null,
        requested_at: now(),
        registered_at: null,
        last_seen_at: now(),
        reason: null,
      };
      await updateMachine(trx, launchId, woken);
      await beginWake(trx, wakeOf(woken, "start", hinted));
      return woken;
    });
    if (!machine) return;
    log.info({ machine: launchId, pool: machine.pool, project }, "starting a machine again");
    background.do(provide(machine), "a start could not be recorded");
  }

  /** Asks the provider for what is on record as wanted. */
  async function provide(machine: MachineRow): Promise<void> {
    const { launch_id: launchId } = machine;
    const restarted = machine.provider_id;
    try {
      const providerId = restarted ?? (await launched(machine));
      if (restarted !== null) await compute.start(restarted);
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
      const reason = error instanceof LaunchError ? error.reason : "launch_failed";
      const detail = error instanceof Error ? error.message : String(error);
      log.error({ err: error, machine: launchId, reason }, "a machine could not be had");
      // One that can't be started is not tried again, unless nothing else could be had either.
      const kept = reason === "quota_reached" || reason === "launch_refused";
      if (restarted !== null && !kept) await destroyLater(restarted);
      const to = restarted !== null && kept ? "stopped" : "gone";
      await ended(launchId, to, reason, { detail, free: true });
    }
  }

  async function launched(machine: MachineRow): Promise<string> {
    const { launch_id: launchId, pool, project } = machine;
    const { providerId } = await compute.launch({
      launchId,
      pool,
      project,
      launchFile: deps.launchFile(launchId),
      firstOffer: machine.offer ?? 1,
      onOffer: (offer) => noteOffer(launchId, offer),
    });
    return providerId;
  }

  /** Puts on record what is asked for; whoever waits hears of it. */
  async function noteOffer(launchId: string, { number, of, name, next }: Offer): Promise<void> {
    await queries
      .updateTable("machines")
      .set({ offer: number, step: JSON.stringify({ number, of, name }), next: next ?? null })
      .where("launch_id", "=", launchId)
      .where("state", "=", "launching")
      .where("phase", "=", "requested")
      .execute();
    deps.changed();
  }

  /** Asks again for machines that a server before this one may have died asking for. */
  async function resume(): Promise<void> {
    for (const machine of await aliveMachines(queries)) {
      if (machine.state !== "launching" || machine.phase !== "requested") continue;
      background.do(provide(machine), "a launch could not be recorded");
    }
  }

  /** How far a machine is; what comes late never turns back what was said since. */
  async function progress(
    launchId: string,
    phase: MachineRow["phase"],
    step: string | null = null,
  ): Promise<void> {
    const changed = await database.write(async (trx) => {
      const row = await findMachine(trx, launchId);
      if (row?.state !== "launching" || !isFurther({ phase, step }, row)) return false;
      await updateMachine(trx, launchId, { phase, step, next: null });
      return true;
    });
    if (changed) deps.changed();
  }

  /**
   * Ends a machine: it is marked first, so that it claims nothing more. What is sound is stopped where it
   * can be started again, everything else is destroyed.
   */
  async function stop(launchId: string, reason: MachineEnd, detail?: string): Promise<void> {
    if (stopping.has(launchId)) return;
    const machine = await leave(launchId, reason);
    if (!machine || stopping.has(launchId)) return;
    stopping.add(launchId);
    const why = machine.state === "leaving" ? ((machine.reason as MachineEnd) ?? reason) : reason;
    const keep = compute.restarts && machine.registered_at !== null && isSound(why);
    log.info({ machine: launchId, reason: why }, keep ? "stopping a machine" : "ending a machine");
    const end = async () => {
      if (machine.provider_id !== null) {
        await (keep ? compute.stop(machine.provider_id) : compute.destroy(machine.provider_id));
      }
      await ended(launchId, keep ? "stopped" : "gone", why, { detail });
      stopping.delete(launchId);
    };
    const failed = (error: unknown) => {
      setTimeout(() => {
        stopping.delete(launchId);
        background.do(stop(launchId, why, detail), "a machine could not be stopped");
      }, STOP_AGAIN_MS).unref();
      throw error;
    };
    background.do(end().catch(failed), "a machine could not be stopped");
  }

  /** Gives a machine nothing more: when what it runs is over, it goes by itself. */
  function drain(launchId: string, reason: MachineEnd): Promise<MachineRow | undefined> {
    log.info({ machine: launchId, reason }, "a machine finishes what it runs, then goes");
    return markLeaving(database, launchId, { keptBy: "nothing", reason });
  }

  /** Marks a machine as leaving, unless it is kept. */
  function leave(launchId: string, reason: MachineEnd): Promise<MachineRow | undefined> {
    return markLeaving(database, launchId, { keptBy: keptBy(reason), reason });
  }

  /** A machine does not run any more: its runs are tried again, what waited for it is told. */
  async function ended(
    launchId: string,
    to: "stopped" | "gone",
    how: MachineEnd,
    { detail, free = false }: EndFacts = {},
  ): Promise<void> {
    const machine = await database.write(async (trx) => {
      const row = await findMachine(trx, launchId);
      if (!row || row.state === "gone" || row.state === to) return undefined;
      // Whoever marked it knew why it would end.
      const reason = row.state === "leaving" ? ((row.reason as MachineEnd) ?? how) : how;
      const moment = to === "gone" ? { ended_at: now() } : { stopped_at: now() };
      await updateMachine(trx, launchId, { state: to, token_hash: null, reason, ...moment });
      const wake = { ended_at: now(), reason, detail: detail ?? null };
      await updateWake(trx, launchId, { ...wake, ...(free && { counted: 0 }) });
      return { ...row, reason };
    });
    if (!machine) return;
    const takenBack = machine.reason === "taken_back";
    await leases.machineLost(launchId, takenBack ? "taken_back" : "machine_gone");
    const waited = machine.state !== "stopped" && machine.registered_at === null;
    const failure = waited ? failureOf(machine.reason) : undefined;
    if (failure) await deps.wakeFailed(machine.pool, failure);
    deps.changed();
  }

  async function destroyLater(providerId: string): Promise<void> {
    background.do(compute.destroy(providerId), "a machine could not be removed");
  }

  return {
    launch,
    start,
    resume,
    progress,
    stop,
    drain,
    leave,
    ended,
    destroyLater,
    isStopping: (launchId: string) => stopping.has(launchId),
  };
}

function wakeOf(machine: MachineRow, how: "launch" | "start", hinted: boolean) {
  const { launch_id, pool, project, requested_at } = machine;
  return { machine: launch_id, pool, project, how, hinted: hinted ? 1 : 0, requested_at };
}

/** Whether a wake that was at `before` has come further, or is at another step for the first time. */
function isFurther(
  at: Pick<MachineRow, "phase" | "step">,
  before: Pick<MachineRow, "phase" | "step">,
): boolean {
  const rank = ({ phase }: typeof at) => WAKE_PHASES.findIndex((one) => one === phase);
  if (rank(at) !== rank(before)) return rank(at) > rank(before);
  const number = ({ step }: typeof at) =>
    step === null ? 0 : (JSON.parse(step) as { number: number }).number;
  return number(at) > number(before);
}

function keptBy(reason: MachineEnd): LeavingOptions["keptBy"] {
  if (reason === "idle") return "needed";
  return reason === "budget_spent" ? "busy" : "nothing";
}

/** What runs that waited for a machine are told; undefined where its end was meant. */
function failureOf(reason: MachineEnd): ReasonCode | undefined {
  switch (reason) {
    // Where the server ends first, runs go on waiting: the next one wakes a machine for them.
    case "server_closed":
    case "shut_down":
    // Its budget's end is told to each run that it concerns.
    case "budget_spent":
    case "unused":
    case "outdated":
      return undefined;
    // It went away by itself before it had registered.
    case "idle":
      return "boot_failed";
    default:
      return reason;
  }
}
