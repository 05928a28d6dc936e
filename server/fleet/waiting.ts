import { servesRuntime } from "../../protocol/runtimes.ts";
import type { Queries } from "../database/database.ts";
import type { RunRow } from "../runs/record.ts";
import type { Runs } from "../runs/runs.ts";
import { runtimesOf, usualWake, wakingOf, type AliveMachine } from "./machines.ts";

const NEXT = "If this machine does not come up, another one is started.";

/** Runs that a machine could claim now, oldest first. */
export async function waitingRuns(queries: Queries, now: number): Promise<RunRow[]> {
  return queries
    .selectFrom("runs")
    .selectAll()
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
    async ofWake(waiting: RunRow[], machines: AliveMachine[]): Promise<void> {
      const machine = machines.find(({ state }) => state === "launching");
      if (!machine) return;
      const ready = machines.filter(({ state }) => state === "ready");
      const free = ready.reduce((sum, one) => sum + one.slots - one.running, 0);
      const waking = wakingOf(machine, await usualWake(queries, machine.pool), NEXT);
      const key = JSON.stringify([waking.phase, waking.step, waking.since]);
      for (const run of waiting.slice(Math.max(0, free))) {
        if (told.get(run.id) === key && run.state === "waking") continue;
        told.set(run.id, key);
        await runs.happen(run.id, { type: "machine_waking", waking });
      }
    },

    /** Runs that no machine of the pool can ever execute are given up, with the reason. */
    async ofMissingRuntimes(waiting: RunRow[], machines: AliveMachine[]): Promise<void> {
      const ready = machines.filter(({ state }) => state === "ready");
      if (ready.length === 0 || machines.some(({ state }) => state === "launching")) return;
      const found = ready.flatMap(runtimesOf);
      for (const run of waiting) {
        if (found.some((runtime) => servesRuntime(runtime, run.runtime))) continue;
        await runs.happen(run.id, { type: "given_up", reason: "runtime_not_installed" });
      }
    },

    /** Forgets what was told to runs that wait no more. */
    keepOnly(waiting: readonly RunRow[]): void {
      const ids = new Set(waiting.map(({ id }) => id));
      for (const run of told.keys()) if (!ids.has(run)) told.delete(run);
    },
  };
}
