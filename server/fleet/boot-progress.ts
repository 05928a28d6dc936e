import type { Database } from "../database/database.ts";
import { fromJson } from "../database/json.ts";
import { WAKE_PHASES } from "../../protocol/run.ts";
import type { Compute } from "../providers/compute.ts";
import { findMachine, updateMachine, type AliveMachine, type MachineRow } from "./machines.ts";
import { updateWake } from "./wakes.ts";

export interface ProgressDeps {
  database: Database;
  /** Called when a boot progresses. */
  moved: (launchId: string) => void;
  /** Called after each change that planning depends on; it is never awaited. */
  changed: () => void;
}

export type RecordProgress = ReturnType<typeof createProgressRecorder>;

export function createProgressRecorder({ database, moved, changed }: ProgressDeps) {
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
