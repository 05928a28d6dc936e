import type { Logger } from "pino";
import type { Database } from "../database/database.ts";
import type { FleetPolicy } from "../providers/policy.ts";
import type { Runs } from "../runs/runs.ts";
import type { MachineWish } from "../../protocol/machines.ts";
import { projectOfPool } from "../commands/pools.ts";
import { fromJson } from "../database/json.ts";
import { permitWake } from "./backoff.ts";
import { createBudgetWarnings, NOTHING_SPENT } from "./budget.ts";
import { readBudget } from "./budget-reading.ts";
import { countCapacity, choosePreemption, orderPools } from "./fairness.ts";
import type { Heartbeats } from "./heartbeat.ts";
import type { Launcher, WakeRequest } from "./launch.ts";
import {
  poolsKeptAwake,
  readMachineSettings,
  settingsOfPool,
  wishOf,
  type MachineSettingsByProject,
} from "./machine-settings.ts";
import { aliveMachines, projectsHeld, type AliveMachine } from "./machines.ts";
import { someAtOnce } from "./some-at-once.ts";
import type { FleetAction, PlannedCause, PoolSnapshot } from "./snapshot.ts";
import { plan } from "./plan.ts";
import type { MachineTerminator } from "./terminate.ts";
import { waitingRuns, type WaitingRun, type WakeNews } from "./waiting-runs.ts";
import { countWakeFailures, takeUntoldFailures, type UntoldFailure } from "./wake-failures.ts";
import { chargeWake } from "./wakes.ts";

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

interface FleetRecord {
  waiting: readonly WaitingRun[];
  machines: readonly AliveMachine[];
  settings: MachineSettingsByProject;
}

interface ActionContext {
  pool: string;
  waiting: readonly WaitingRun[];
  request?: WakeRequest | undefined;
  wish?: MachineWish | undefined;
}

/** Plans all pools from the record, and executes the plan. */
export function createPlanner(deps: PlannerDeps): () => Promise<void> {
  const { database, policy, heartbeats, launcher, terminator, news, requested, now, log } = deps;
  const { queries } = database;
  const warnOfBudget = createBudgetWarnings((facts, message) => log.warn(facts, message));

  async function planPool(
    snapshot: PoolSnapshot,
    { waiting, settings }: { waiting: readonly WaitingRun[]; settings: MachineSettingsByProject },
    at: number,
  ): Promise<number> {
    const { pool, failures } = snapshot;
    const request = requested.get(pool);
    requested.delete(pool);
    const actions = plan(snapshot, policy, at);
    const wish = wishOf(settingsOfPool(settings, pool));
    for (const action of actions) await act(action, { pool, waiting, request, wish });
    if (waiting.length > 0) {
      const machines = await aliveMachines(queries, pool);
      await news.giveUpUnserved(waiting, machines);
      await news.tellProgress(waiting, machines, failures);
    }
    return actions.filter(({ type }) => type === "launch" || type === "start").length;
  }

  async function act(
    action: FleetAction,
    { pool, waiting, request, wish }: ActionContext,
  ): Promise<unknown> {
    const firstOf = (project: string) => waiting.find((run) => run.project === project);
    const causeOf = (kind: PlannedCause, project: string) =>
      // A hint of the plan is whatever asked for a machine ahead of a run.
      (kind === "hint" ? request?.cause : undefined) ?? {
        kind,
        ...(kind === "run" && { run: firstOf(project)?.id }),
      };
    switch (action.type) {
      case "launch":
        return launcher.launch(pool, {
          project: action.project,
          cause: causeOf(action.cause, action.project),
          runtime: firstOf(action.project)?.runtime ?? undefined,
          wish,
        });
      case "start":
        return launcher.start(action.launchId, {
          project: action.project,
          cause: causeOf(action.cause, action.project),
        });
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

  async function spentAt(settings: MachineSettingsByProject, at: number) {
    const budget = await readBudget(queries, { policy, settings, at });
    if (!budget) return NOTHING_SPENT;
    warnOfBudget(budget.used, budget.limits, at);
    return budget.spent;
  }

  async function drawPictures(
    { waiting, machines, settings }: FleetRecord,
    at: number,
  ): Promise<PoolSnapshot[]> {
    const spent = await spentAt(settings, at);
    const held = spent.projects.size > 0 ? await projectsHeld(queries) : undefined;
    const runsIn = Map.groupBy(waiting, ({ pool }) => pool);
    const machinesIn = Map.groupBy(machines, ({ pool }) => pool);
    const pools = new Set([
      ...runsIn.keys(),
      ...requested.keys(),
      ...machinesIn.keys(),
      // Last, because work comes before machines that are only kept awake.
      ...poolsKeptAwake(settings),
    ]);
    return Promise.all(
      [...pools].map(async (pool) => ({
        pool,
        waiting: (runsIn.get(pool) ?? []).map(({ project }) => project),
        hinted: requested.get(pool)?.project,
        minAwake: settingsOfPool(settings, pool).min_awake ?? 0,
        owner: projectOfPool(pool),
        failures: await countWakeFailures(queries, pool, at),
        spent,
        capacity: 0,
        machines: (machinesIn.get(pool) ?? []).map((machine) => ({
          ...heartbeats.pictureOf(machine, held?.get(machine.launch_id) ?? []),
          outdated: isOutdated(machine, wishOf(settingsOfPool(settings, pool))),
        })),
      })),
    );
  }

  const tellFailure = createFailureNews(deps);

  return async function planAll(): Promise<void> {
    // Before a new machine is launched, which would hide the failure.
    for (const failure of await takeUntoldFailures(queries)) await tellFailure(failure);
    const settings = await readMachineSettings(queries);
    const at = now(); // One moment for all: a clock that jumps meanwhile would age machines.
    // Together: a run that is claimed in between would count as waiting and as running.
    const [waiting, machines] = await Promise.all([
      waitingRuns(queries, at),
      aliveMachines(queries),
    ]);
    const runsIn = Map.groupBy(waiting, ({ pool }) => pool);
    const snapshots = await drawPictures({ waiting, machines, settings }, at);
    let capacity = countCapacity(snapshots, policy);
    for (const snapshot of orderPools(snapshots)) {
      const waitingHere = runsIn.get(snapshot.pool) ?? [];
      const context = { waiting: waitingHere, settings };
      capacity -= await planPool({ ...snapshot, capacity }, context, at);
    }
    const ending = choosePreemption(snapshots, policy, at);
    if (ending) await act(ending, { pool: "", waiting: [] });
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
    await someAtOnce(waiting, ({ id }) => runs.apply(id, { type: "wake_failed", ...facts }));
  };
}

/** Whether a stopped machine differs from what its pool launches now. A person's machine may. */
function isOutdated(machine: AliveMachine, wish: MachineWish | undefined): boolean {
  if (machine.outdated === 1) return true;
  return machine.added === 0 && keyOf(fromJson(machine.wish)) !== keyOf(wish);
}

function keyOf({ types, image, market }: MachineWish = {}): string {
  return JSON.stringify([types, image, market]);
}
