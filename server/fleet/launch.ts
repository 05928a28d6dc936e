import { fromJson, toJson } from "../database/json.ts";
import type { Logger } from "pino";
import type { MachineWish, Market, WakeCause } from "../../protocol/machines.ts";
import type { LaunchFile } from "../../protocol/registration.ts";
import {
  LaunchError,
  type Compute,
  type LaunchedMachine,
  type Offer,
} from "../providers/compute.ts";
import type { FleetPolicy } from "../providers/policy.ts";
import { newId } from "../database/ids.ts";
import type { Background } from "./background.ts";
import { createProgressRecorder, type ProgressDeps, type RecordProgress } from "./boot-progress.ts";
import {
  aliveMachines,
  findMachine,
  newMachine,
  updateMachine,
  type MachineRow,
} from "./machines.ts";
import type { MachineTerminator } from "./terminate.ts";
import { beginWake } from "./wakes.ts";

export interface LauncherDeps extends ProgressDeps {
  compute: Compute;
  terminator: MachineTerminator;
  background: Background;
  policy: Pick<FleetPolicy, "expectedSlots">;
  launchFile: (launchId: string, market?: Market) => LaunchFile;
  now: () => number;
  log: Logger;
}

export type Launcher = ReturnType<typeof createLauncher>;

/** The project that pays for a wake, and why it is asked for. */
export interface WakeRequest {
  project: string;
  cause: WakeCause;
}

export interface LaunchRequest extends WakeRequest {
  wish?: MachineWish | undefined;
  /** The runtime that the waiting run needs. */
  runtime?: string | undefined;
  /** Whether a person asked for this machine. */
  added?: boolean;
}

/** Launches and starts machines: each is recorded before the provider is called. */
export function createLauncher(deps: LauncherDeps) {
  const { database, compute, terminator, background, now, log } = deps;
  const { queries } = database;
  const progress = createProgressRecorder(deps);
  const provide = createProvision(deps, progress);

  async function launch(pool: string, request: LaunchRequest): Promise<string> {
    const { project, cause, wish, runtime, added = false } = request;
    const launchId = newId();
    const machine = newMachine({
      launchId,
      pool,
      project,
      compute: compute.name,
      slots: deps.policy.expectedSlots,
      wish,
      added,
      now: now(),
    });
    // A power cut that takes the record of a machine on this host takes the machine as well.
    const record = compute.outlivesServer ? database.write : database.writeUnsynced;
    await record(async (trx) => {
      await trx.insertInto("machines").values(machine).execute();
      await beginWake(trx, wakeOf(machine, "launch", cause));
    });
    log.info({ machine: launchId, pool, project, cause: cause.kind }, "waking a machine");
    background.run(provide(machine, runtime), "a launch could not be recorded");
    return launchId;
  }

  /** Starts a stopped machine again. */
  async function start(launchId: string, { project, cause }: WakeRequest): Promise<void> {
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
        asked_by: null,
      };
      await updateMachine(trx, launchId, woken);
      await beginWake(trx, wakeOf(woken, "start", cause));
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

function createProvision(deps: LauncherDeps, progress: RecordProgress) {
  const { database, compute, terminator, log } = deps;
  const { queries } = database;

  /** Calls the provider for a recorded wake. */
  async function provide(machine: MachineRow, runtime?: string): Promise<void> {
    const { launch_id: launchId } = machine;
    const restarted = machine.provider_id;
    try {
      const facts =
        restarted === null ? await launched(machine, runtime) : { providerId: restarted };
      if (restarted !== null) await compute.start(restarted);
      const { providerId, zone, image } = facts;
      const recorded = await queries
        .updateTable("machines")
        .set({ provider_id: providerId, ...(zone && { zone }), ...(image && { image }) })
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

  async function launched(machine: MachineRow, runtime?: string): Promise<LaunchedMachine> {
    const { launch_id: launchId, pool, project } = machine;
    const wish = fromJson(machine.wish);
    return compute.launch({
      launchId,
      pool,
      project,
      ...(wish && { wish }),
      runtime,
      launchFile: deps.launchFile(launchId, wish?.market),
      firstOffer: machine.offer ?? 1,
      onOffer: (offer) => noteOffer(launchId, offer),
    });
  }

  /** Records the offer that waiting readers see. Throws where the launch was given up. */
  async function noteOffer(launchId: string, offer: Offer): Promise<void> {
    const { number, of, name, next, type = null, market = null, zone = null } = offer;
    if ((await findMachine(queries, launchId))?.state !== "launching") {
      throw new LaunchError("launch_failed", "The launch was given up meanwhile.");
    }
    await queries
      .updateTable("machines")
      .set({ offer: number, step: toJson({ number, of, name }), next: next ?? null })
      .set({ type, market, zone })
      .where("launch_id", "=", launchId)
      .where("state", "=", "launching")
      .where("phase", "=", "requested")
      .execute();
    deps.changed();
  }

  return provide;
}

function wakeOf(machine: MachineRow, how: "launch" | "start", cause: WakeCause) {
  const { launch_id, pool, project, requested_at } = machine;
  const hinted = cause.kind === "hint" ? 1 : 0;
  return { machine: launch_id, pool, project, how, hinted, cause: toJson(cause), requested_at };
}
