import type { Queries } from "../database/database.ts";
import type { Actor } from "../../protocol/actors.ts";
import { mayHint } from "./budget.ts";
import { readBudget } from "./budget-reading.ts";
import type { WakeRequest } from "./launch.ts";
import { aliveMachines, findMachine } from "./machines.ts";
import type { MachineTerminator } from "./terminate.ts";
import type { FleetPolicy } from "../providers/policy.ts";
import { readMachineSettings } from "./machine-settings.ts";

export interface ManualDeps {
  queries: Queries;
  policy: FleetPolicy;
  now: () => number;
  terminator: MachineTerminator;
  /** Pools for which a machine is requested ahead of a run. */
  requested: Map<string, WakeRequest>;
  reconsider: () => Promise<void>;
}

/** `declined`: no machine may be woken now. */
type WakeAnswer = "ready" | "waking" | "declined";

/** Wakes and stops on request, where no run waits or ends. */
export function createManualControl(deps: ManualDeps) {
  const { queries, policy, now, terminator, requested, reconsider } = deps;

  async function wakeNow(pool: string, request?: WakeRequest): Promise<WakeAnswer> {
    if (request) requested.set(pool, request);
    await reconsider();
    const here = await aliveMachines(queries, pool);
    if (here.some((machine) => machine.state === "ready")) return "ready";
    return here.some((machine) => machine.state === "launching") ? "waking" : "declined";
  }

  async function mayHintFor(project: string): Promise<boolean> {
    const settings = await readMachineSettings(queries);
    const budget = await readBudget(queries, { policy, settings, at: now() });
    return !budget || mayHint(budget.used, project, budget.limits);
  }

  return {
    /** Wakes a machine ahead of a run of `project`, unless one is there or on its way. */
    async hint(pool: string, project: string): Promise<WakeAnswer> {
      const may = policy.hints && (await mayHintFor(project));
      return wakeNow(pool, may ? { project, cause: { kind: "hint" } } : undefined);
    },

    /** A project's member wakes its machine, as a run would, within the project's whole budget. */
    async wake(pool: string, project: string, by?: Actor): Promise<WakeAnswer> {
      return wakeNow(pool, { project, cause: { kind: "person", ...(by && { by }) } });
    },

    /** A project's member stops its machines: each finishes its runs first. */
    async sleep(pools: readonly string[], by?: Actor): Promise<"leaving" | "asleep"> {
      const alive = async () => {
        const machines = await aliveMachines(queries);
        return machines.filter(({ pool, state }) => pools.includes(pool) && state !== "stopped");
      };
      for (const { launch_id: launchId } of await alive()) {
        await terminator.stop(launchId, "asleep", { by });
        const machine = await findMachine(queries, launchId);
        if (machine?.state === "ready") await terminator.drain(launchId, "asleep", by);
      }
      return (await alive()).length > 0 ? "leaving" : "asleep";
    },

    /** Destroys a removed project's machines, whose disks hold its data. */
    async forget(pools: readonly string[]): Promise<void> {
      const machines = (await aliveMachines(queries)).filter(({ pool }) => pools.includes(pool));
      for (const { launch_id: launchId } of machines) await terminator.stop(launchId, "unused");
    },
  };
}
