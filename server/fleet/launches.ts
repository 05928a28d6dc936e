import { fromJson, toJson } from "../database/json.ts";
import type { Logger } from "pino";
import type { LaunchFile } from "../../protocol/responder.ts";
import { WAKE_PHASES } from "../../protocol/run.ts";
import { LaunchError, type Compute, type Offer } from "../providers/compute.ts";
import type { Database } from "../database/database.ts";
import { newId } from "../database/ids.ts";
import type { createBackground } from "./background.ts";
import type { Endings } from "./endings.ts";
import {
  aliveMachines,
  findMachine,
  newMachine,
  updateMachine,
  type MachineRow,
} from "./machines.ts";
import { beginWake, updateWake } from "./wakes.ts";

export interface LaunchesDeps {
  database: Database;
  compute: Compute;
  endings: Endings;
  background: ReturnType<typeof createBackground>;
  expectedSlots: number;
  launchFile: (launchId: string) => LaunchFile;
  now: () => number;
  log: Logger;
  /** A boot came further. */
  moved: (launchId: string) => void;
  /** Called after each change that planning depends on; it is never waited for. */
  changed: () => void;
}

/** Who asked for a machine, and whether only by a hint. */
export interface Asker {
  project: string;
  hinted: boolean;
}

/** How machines come: the record first, then the provider. */
export function createLaunches(deps: LaunchesDeps) {
  const { database, compute, endings, background, now, log } = deps;
  const { queries } = database;

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
      const known = error instanceof LaunchError ? error : undefined;
      const reason = known?.reason ?? "launch_failed";
      const detail = error instanceof Error ? error.message : String(error);
      log.error({ err: error, machine: launchId, reason }, "a machine could not be had");
      if (restarted !== null && known?.later) {
        await endings.ended(launchId, "stopped", "unstartable", { detail, free: true });
        return;
      }
      // One that can't be started is not tried again, unless nothing else could be had either.
      const kept = reason === "quota_reached" || reason === "launch_refused";
      if (restarted !== null && !kept) endings.destroyLater(restarted);
      const to = restarted !== null && kept ? "stopped" : "gone";
      await endings.ended(launchId, to, reason, { detail, said: known?.said, free: true });
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

  /** Puts on record what is asked for; whoever waits hears of it. Throws where nobody wants it any more. */
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

  /** Asks again for machines that a server before this one may have died asking for. */
  async function resume(): Promise<void> {
    for (const machine of await aliveMachines(queries)) {
      if (machine.compute !== compute.name) {
        await forgetStranger(machine);
        continue;
      }
      if (machine.state !== "launching" || machine.phase !== "requested") continue;
      background.do(provide(machine), "a launch could not be recorded");
    }
  }

  /** The settings name another provider now, which can neither list nor end what this one has. */
  async function forgetStranger(machine: MachineRow): Promise<void> {
    const { launch_id, compute: of, provider_id } = machine;
    const facts = { machine: launch_id, compute: of, provider_id };
    log.error(facts, `this machine is of ${of}, which is asked no more: end it there yourself`);
    await endings.ended(launch_id, "gone", "machine_gone");
  }

  /** How far a machine is; what comes late never turns back what was said since. */
  async function progress(
    launchId: string,
    phase: MachineRow["phase"],
    step: MachineRow["step"] = null,
  ): Promise<void> {
    const changed = await database.write(async (trx) => {
      const row = await findMachine(trx, launchId);
      if (row?.state !== "launching") return false;
      // A machine says the same again as long as it moves.
      deps.moved(launchId);
      if (!isFurther({ phase, step }, row)) return false;
      await updateMachine(trx, launchId, { phase, step, next: null });
      if (phase === "setting_up") await updateWake(trx, launchId, { set_up: 1 });
      return true;
    });
    if (changed) deps.changed();
  }

  return { launch, start, resume, progress };
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
  const number = ({ step }: typeof at) => fromJson(step)?.number ?? 0;
  return number(at) > number(before);
}
