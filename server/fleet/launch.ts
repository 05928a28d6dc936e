import { fromJson, toJson } from "../database/json.ts";
import type { Logger } from "pino";
import type { LaunchFile } from "../../protocol/registration.ts";
import { WAKE_PHASES } from "../../protocol/run.ts";
import { LaunchError, type Compute, type Offer } from "../providers/compute.ts";
import type { FleetPolicy } from "../providers/policy.ts";
import type { Database } from "../database/database.ts";
import { newId } from "../database/ids.ts";
import type { Background } from "./background.ts";
import {
  aliveMachines,
  findMachine,
  newMachine,
  updateMachine,
  type AliveMachine,
  type MachineRow,
} from "./machines.ts";
import type { MachineTerminator } from "./terminate.ts";
import { beginWake, updateWake } from "./wakes.ts";

export interface LauncherDeps {
  database: Database;
  compute: Compute;
  terminator: MachineTerminator;
  background: Background;
  policy: Pick<FleetPolicy, "expectedSlots">;
  launchFile: (launchId: string) => LaunchFile;
  now: () => number;
  log: Logger;
  /** Called when a boot progresses. */
  moved: (launchId: string) => void;
  /** Called after each change that planning depends on; it is never awaited. */
  changed: () => void;
}

export type Launcher = ReturnType<typeof createLauncher>;

/** The project that pays for a wake, and whether only a hint asked for it. */
export interface WakeRequest {
  project: string;
  hinted: boolean;
}

/** Launches and starts machines: each is recorded before the provider is called. */
export function createLauncher(deps: LauncherDeps) {
  const { database, compute, terminator, background, now, log } = deps;
  const { queries } = database;
  const progress = createProgressRecorder(deps);
  const provide = createProvision(deps, progress);

  async function launch(pool: string, { project, hinted }: WakeRequest): Promise<void> {
    const launchId = newId();
    const machine = newMachine({
      launchId,
      pool,
      project,
      compute: compute.name,
      slots: deps.policy.expectedSlots,
      now: now(),
    });
    await database.write(async (trx) => {
      await trx.insertInto("machines").values(machine).execute();
      await beginWake(trx, wakeOf(machine, "launch", hinted));
    });
    log.info({ machine: launchId, pool, project }, "waking a machine");
    background.run(provide(machine), "a launch could not be recorded");
  }

  /** Starts a stopped machine again. */
  async function start(launchId: string, { project, hinted }: WakeRequest): Promise<void> {
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
    background.run(provide(machine), "a start could not be recorded");
  }

  /** Repeats launches during which an earlier server may have died. */
  async function resume(): Promise<void> {
    for (const machine of await aliveMachines(queries)) {
      if (machine.compute !== compute.name) {
        await abandon(machine);
        continue;
      }
      if (machine.state !== "launching" || machine.phase !== "requested") continue;
      background.run(provide(machine), "a launch could not be recorded");
    }
  }

  /** The settings name another provider now, which can neither list nor end this machine. */
  async function abandon(machine: MachineRow): Promise<void> {
    const { launch_id, compute: of, provider_id } = machine;
    const facts = { machine: launch_id, compute: of, provider_id };
    log.error(facts, `this machine is of ${of}, which is asked no more: end it there yourself`);
    await terminator.recordEnd(launch_id, "gone", "machine_gone");
  }

  return { launch, start, resume, progress };
}

type RecordProgress = ReturnType<typeof createProgressRecorder>;

function createProvision(deps: LauncherDeps, progress: RecordProgress) {
  const { database, compute, terminator, log } = deps;
  const { queries } = database;

  /** Calls the provider for a recorded wake. */
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
      // Given up during the provider's call: only this call knows its id.
      if (recorded.numUpdatedRows === 0n) await compute.destroy(providerId);
      else await progress(launchId, "starting");
    } catch (error) {
      const known = error instanceof LaunchError ? error : undefined;
      const reason = known?.code ?? "launch_failed";
      const detail = error instanceof Error ? error.message : String(error);
      log.error({ err: error, machine: launchId, reason }, "a machine could not be had");
      if (restarted !== null && known?.later) {
        await terminator.recordEnd(launchId, "stopped", "unstartable", { detail, free: true });
        return;
      }
      // Drops a machine that can't be started, unless a new one could not be had either.
      const kept = reason === "quota_reached" || reason === "launch_refused";
      if (restarted !== null && !kept) terminator.destroyLater(restarted);
      const to = restarted !== null && kept ? "stopped" : "gone";
      await terminator.recordEnd(launchId, to, reason, { detail, said: known?.said, free: true });
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

  /** Records the offer that waiting readers see. Throws where the launch was given up. */
  async function noteOffer(launchId: string, { number, of, name, next }: Offer): Promise<void> {
    if ((await findMachine(queries, launchId))?.state !== "launching") {
      throw new LaunchError("launch_failed", "The launch was given up meanwhile.");
    }
    await queries
      .updateTable("machines")
      .set({ offer: number, step: toJson({ number, of, name }), next: next ?? null })
      .where("launch_id", "=", launchId)
      .where("state", "=", "launching")
      .where("phase", "=", "requested")
      .execute();
    deps.changed();
  }

  return provide;
}

function createProgressRecorder({ database, moved, changed }: LauncherDeps) {
  /** Records a boot's progress. A late report never reverts it. */
  return async function progress(
    launchId: string,
    phase: MachineRow["phase"],
    step: MachineRow["step"] = null,
  ): Promise<void> {
    const isNews = await database.write(async (trx) => {
      const row = await findMachine(trx, launchId);
      if (row?.state !== "launching") return false;
      // A machine repeats its last report as long as it moves.
      moved(launchId);
      if (!isFurther({ phase, step }, row)) return false;
      await updateMachine(trx, launchId, { phase, step, next: null });
      if (phase === "setting_up") await updateWake(trx, launchId, { set_up: 1 });
      return true;
    });
    if (isNews) changed();
  };
}

function wakeOf(machine: MachineRow, how: "launch" | "start", hinted: boolean) {
  const { launch_id, pool, project, requested_at } = machine;
  return { machine: launch_id, pool, project, how, hinted: hinted ? 1 : 0, requested_at };
}

/** Whether a wake has come further than `before`. */
function isFurther(
  at: Pick<MachineRow, "phase" | "step">,
  before: Pick<MachineRow, "phase" | "step">,
): boolean {
  const rank = ({ phase }: typeof at) => WAKE_PHASES.findIndex((one) => one === phase);
  if (rank(at) !== rank(before)) return rank(at) > rank(before);
  const number = ({ step }: typeof at) => fromJson(step)?.number ?? 0;
  return number(at) > number(before);
}

/** Watches silent boots for activity, where their provider can tell. */
export function createActivityWatch(compute: Compute, moved: (launchId: string) => void) {
  let before = new Map<string, number>();

  return async function look(machines: readonly AliveMachine[]): Promise<void> {
    if (!compute.activity) return;
    const now = new Map<string, number>();
    for (const { launch_id: launchId, provider_id: providerId, state } of machines) {
      if (state !== "launching" || providerId === null) continue;
      const activity = await compute.activity(providerId);
      if (activity === undefined) continue;
      now.set(launchId, activity);
      if (before.get(launchId) !== activity) moved(launchId);
    }
    before = now;
  };
}
