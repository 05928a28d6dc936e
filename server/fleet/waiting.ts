import { servesRuntime } from "../../protocol/runtimes.ts";
import type { Queries } from "../database/database.ts";
import type { RunRow } from "../runs/record.ts";
import type { Runs } from "../runs/runs.ts";
import { runtimesOf, usualWake, wakingOf, type AliveMachine } from "./machines.ts";

const NEXT = "If this machine does not come up, another one is started.";

/** What planning wants to know of a run; its code alone may be 256 KiB. */
export type WaitingRun = Pick<RunRow, "id" | "pool" | "state" | "runtime">;

/** Runs that a machine could claim now, oldest first. */
export async function waitingRuns(queries: Queries, now: number): Promise<WaitingRun[]> {
  return queries
    .selectFrom("runs")
    .select(["id", "pool", "state", "runtime"])
    .where("state", "in", ["queued", "waking", "retrying"])
    .where("available_at", "<=", now)
    .orderBy("created_at")
    .limit(1000)
    .execute();
}

/** Tells the runs of a pool that wait what they wait for. */
export function createNews({ queries, runs }: { queries: Queries; runs: Runs }) {
  /** What each was last told; a repeat after a restart is harmless. */
  const told = new Map<string, string>();

  return {
    /** How far the wake is, to every run that has no free slot to wait for. */
    async ofWake(waiting: readonly WaitingRun[], machines: AliveMachine[]): Promise<void> {
      const machine = machines.find(({ state }) => state === "launching");
      if (!machine) return;
      const ready = machines.filter(({ state }) => state === "ready");
      const free = ready.reduce((sum, one) => sum + one.slots - one.running, 0);
      const key = JSON.stringify([machine.launch_id, machine.phase, machine.step]);
      const untold = waiting
        .slice(Math.max(0, free))
        .filter((run) => run.state !== "waking" || told.get(run.id) !== key);
      if (untold.length === 0) return;
      const waking = wakingOf(machine, await usualWake(queries, machine.pool), NEXT);
      for (const run of untold) {
        told.set(run.id, key);
        await runs.happen(run.id, { type: "machine_waking", waking });
      }
    },

    /** Runs that no machine of the pool can ever execute are given up, with the reason. */
    async ofMissingRuntimes(
      waiting: readonly WaitingRun[],
      machines: AliveMachine[],
    ): Promise<void> {
      const ready = machines.filter(({ state }) => state === "ready");
      if (ready.length === 0 || machines.some(({ state }) => state === "launching")) return;
      const found = ready.flatMap(runtimesOf);
      for (const run of waiting) {
        if (found.some((runtime) => servesRuntime(runtime, run.runtime))) continue;
        await runs.happen(run.id, { type: "given_up", reason: "runtime_not_installed" });
      }
    },

    /** Forgets what was told to runs that wait no more. */
    keepOnly(waiting: readonly WaitingRun[]): void {
      const ids = new Set(waiting.map(({ id }) => id));
      for (const run of told.keys()) if (!ids.has(run)) told.delete(run);
    },
  };
}
