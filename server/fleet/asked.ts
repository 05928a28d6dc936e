import type { Queries } from "../database/database.ts";
import { dayOf, mayHint, usedToday } from "./budget.ts";
import type { Endings } from "./endings.ts";
import type { Asker } from "./launches.ts";
import { aliveMachines, findMachine } from "./machines.ts";
import type { FleetPolicy } from "../providers/policy.ts";
import { pricedWakes } from "./wakes.ts";

export interface AskedDeps {
  queries: Queries;
  policy: FleetPolicy;
  now: () => number;
  endings: Endings;
  /** Pools in which somebody may soon run something, and who asked for a machine. */
  hinted: Map<string, Asker>;
  reconsider: () => Promise<void>;
}

type Awakened = "ready" | "waking" | "declined";

/** Machines that come or go because somebody asks for it, and not because runs wait or none do. */
export function createAsked({ queries, policy, now, endings, hinted, reconsider }: AskedDeps) {
  async function awakened(pool: string): Promise<Awakened> {
    await reconsider();
    const here = (await aliveMachines(queries)).filter((machine) => machine.pool === pool);
    if (here.some((machine) => machine.state === "ready")) return "ready";
    return here.some((machine) => machine.state === "launching") ? "waking" : "declined";
  }

  async function mayWakeByHint(project: string): Promise<boolean> {
    if (!policy.budget) return true;
    const at = now();
    return mayHint(
      usedToday(await pricedWakes(queries, dayOf(at), at), at),
      project,
      policy.budget,
    );
  }

  return {
    /** Wakes a machine ahead of a run of `project`, unless one is there or on its way. */
    async hint(pool: string, project: string): Promise<Awakened> {
      if (policy.hints && (await mayWakeByHint(project))) {
        hinted.set(pool, { project, hinted: true });
      }
      return awakened(pool);
    },

    /** Its owner wakes a project's machine, as a run would: only its whole budget bounds that. */
    async wake(pool: string, project: string): Promise<Awakened> {
      hinted.set(pool, { project, hinted: false });
      return awakened(pool);
    },

    /** Its owner sends a project's machines away: each finishes what it runs, then goes. */
    async sleep(pools: readonly string[]): Promise<"leaving" | "asleep"> {
      const alive = async () => {
        const machines = await aliveMachines(queries);
        return machines.filter(({ pool, state }) => pools.includes(pool) && state !== "stopped");
      };
      for (const { launch_id: launchId } of await alive()) {
        await endings.stop(launchId, "asleep");
        const machine = await findMachine(queries, launchId);
        if (machine?.state === "ready") await endings.drain(launchId, "asleep");
      }
      return (await alive()).length > 0 ? "leaving" : "asleep";
    },

    /** Ends a project's machines for good: what is on their disks was the project's. */
    async forget(pools: readonly string[]): Promise<void> {
      const machines = (await aliveMachines(queries)).filter(({ pool }) => pools.includes(pool));
      for (const { launch_id: launchId } of machines) await endings.stop(launchId, "unused");
    },
  };
}
