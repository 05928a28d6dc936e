import type { Logger } from "pino";
import type { Database } from "../database/database.ts";
import type { FleetPolicy } from "../providers/policy.ts";
import type { Runs } from "../runs/runs.ts";
import { permitWake } from "./backoff.ts";
import { createBudgetWarnings, dayOf, NOTHING_SPENT, spentOf, usedToday } from "./budget.ts";
import { countCapacity, choosePreemption, orderPools } from "./fairness.ts";
import type { Heartbeats } from "./heartbeat.ts";
import type { Launcher, WakeRequest } from "./launch.ts";
import { aliveMachines, projectsHeld } from "./machines.ts";
import type { FleetAction, PoolSnapshot } from "./snapshot.ts";
import { plan } from "./plan.ts";
import type { MachineTerminator } from "./terminate.ts";
import { waitingRuns, type WaitingRun, type WakeNews } from "./waiting-runs.ts";
import { countWakeFailures, takeUntoldFailures, type UntoldFailure } from "./wake-failures.ts";
import { chargeWake, pricedWakes } from "./wakes.ts";

export interface PlannerDeps {
  database: Database;
  runs: Runs;
  policy: FleetPolicy;
  heartbeats: Heartbeats;
  launcher: Launcher;
  terminator: MachineTerminator;
  news: WakeNews;
  /** Pools for which a machine is requested ahead of a run. */
  requested: Map<string, WakeRequest>;
  now: () => number;
  log: Logger;
}

/** Plans all pools from the record, and executes the plan. */
export function createPlanner(deps: PlannerDeps): () => Promise<void> {
  const { database, policy, heartbeats, launcher, terminator, news, requested, now, log } = deps;
  const { queries } = database;
  const warnOfBudget = createBudgetWarnings((facts, message) => log.warn(facts, message));

  async function planPool(
    snapshot: PoolSnapshot,
    waiting: readonly WaitingRun[],
    at: number,
  ): Promise<number> {
    const { pool, failures } = snapshot;
    const request = requested.get(pool);
    requested.delete(pool);
    const actions = plan(snapshot, policy, at);
    const hinted = waiting.length === 0 && request?.hinted === true;
    for (const action of actions) await act(action, { pool, waiting, hinted });
    if (waiting.length > 0) {
      const machines = await aliveMachines(queries, pool);
      await news.giveUpUnserved(waiting, machines);
      await news.tellProgress(waiting, machines, failures);
    }
    return actions.filter(({ type }) => type === "launch" || type === "start").length;
  }

  async function act(
    action: FleetAction,
    { pool, waiting, hinted }: { pool: string; waiting: readonly WaitingRun[]; hinted: boolean },
  ): Promise<unknown> {
    switch (action.type) {
      case "launch":
        return launcher.launch(pool, { project: action.project, hinted });
      case "start":
        return launcher.start(action.launchId, { project: action.project, hinted });
      case "stop":
        if (action.reason === "boot_failed") return terminator.giveUp(action.launchId);
        return terminator.stop(action.launchId, action.reason);
      case "charge":
        return chargeWake(database, action.launchId, action.project, now());
      case "drain":
        return terminator.drain(action.launchId, action.reason);
      case "give_up": {
        const { project } = action;
        const concerned = waiting.filter((run) => (project ?? run.project) === run.project);
        return news.giveUpWithoutMachine(concerned, action);
      }
      default:
        return action satisfies never;
    }
  }

  async function spentAt(at: number) {
    if (!policy.budget) return NOTHING_SPENT;
    const used = usedToday(await pricedWakes(queries, dayOf(at), at), at);
    warnOfBudget(used, policy.budget, at);
    return spentOf(used, policy.budget);
  }

  async function drawPictures(waiting: readonly WaitingRun[], at: number): Promise<PoolSnapshot[]> {
    const machines = await aliveMachines(queries);
    const spent = await spentAt(at);
    const held = spent.projects.size > 0 ? await projectsHeld(queries) : undefined;
    const runsIn = Map.groupBy(waiting, ({ pool }) => pool);
    const machinesIn = Map.groupBy(machines, ({ pool }) => pool);
    const pools = new Set([...runsIn.keys(), ...requested.keys(), ...machinesIn.keys()]);
    return Promise.all(
      [...pools].map(async (pool) => ({
        pool,
        waiting: (runsIn.get(pool) ?? []).map(({ project }) => project),
        hinted: requested.get(pool)?.project,
        failures: await countWakeFailures(queries, pool, at),
        spent,
        capacity: 0,
        machines: (machinesIn.get(pool) ?? []).map((machine) =>
          heartbeats.pictureOf(machine, held?.get(machine.launch_id) ?? []),
        ),
      })),
    );
  }

  const tellFailure = createFailureNews(deps);

  return async function planAll(): Promise<void> {
    // Before a new machine is launched, which would hide the failure.
    for (const failure of await takeUntoldFailures(queries)) await tellFailure(failure);
    const at = now(); // One moment for all: a clock that jumps meanwhile would age machines.
    const waiting = await waitingRuns(queries, at);
    const runsIn = Map.groupBy(waiting, ({ pool }) => pool);
    const snapshots = await drawPictures(waiting, at);
    let capacity = countCapacity(snapshots, policy);
    for (const snapshot of orderPools(snapshots)) {
      capacity -= await planPool({ ...snapshot, capacity }, runsIn.get(snapshot.pool) ?? [], at);
    }
    const ending = choosePreemption(snapshots, policy, at);
    if (ending) await act(ending, { pool: "", waiting: [], hinted: false });
  };
}

/** Reports a failed wake to the runs that waited for it: each has used up an attempt, or ends. */
function createFailureNews({ database, runs, policy, news, now }: PlannerDeps) {
  const { queries } = database;
  return async function tellFailure({ pool, reason, said }: UntoldFailure): Promise<void> {
    const machines = await aliveMachines(queries, pool);
    if (machines.some(({ state }) => state === "launching" || state === "ready")) return;
    const waiting = (await waitingRuns(queries, now())).filter((run) => run.pool === pool);
    const failures = await countWakeFailures(queries, pool, now());
    const permission = permitWake(failures, policy.coolDown, now());
    if (permission.type === "refused") {
      const { again } = permission;
      return news.giveUpWithoutMachine(waiting, { reason, said, again });
    }
    const facts = said === undefined ? { reason } : { reason, detail: said };
    for (const run of waiting) await runs.apply(run.id, { type: "wake_failed", ...facts });
  };
}
