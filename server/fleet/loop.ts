import type { Logger } from "pino";
import { oneAtATime } from "../database/one-at-a-time.ts";
import type { Queries } from "../database/database.ts";
import type { Compute } from "../providers/compute.ts";
import type { FleetPolicy } from "../providers/policy.ts";
import type { Leases } from "../runs/leases.ts";
import type { Runs } from "../runs/runs.ts";
import type { Background } from "./background.ts";
import type { LoopWatch } from "./clocks.ts";
import type { Heartbeats } from "./heartbeat.ts";
import { createActivityWatch } from "./boot-progress.ts";
import type { Launcher } from "./launch.ts";
import { aliveMachines } from "./machines.ts";
import { createReconciler } from "./reconcile.ts";
import type { MachineTerminator } from "./terminate.ts";
import { waitingRuns, type WakeNews } from "./waiting-runs.ts";

export interface LoopDeps {
  queries: Queries;
  compute: Compute;
  runs: Runs;
  leases: Leases;
  policy: FleetPolicy;
  heartbeats: Heartbeats;
  launcher: Launcher;
  terminator: MachineTerminator;
  news: WakeNews;
  background: Background;
  loop: LoopWatch;
  reconsider: () => Promise<void>;
  changed: () => void;
  now: () => number;
  /** A monotonic clock, in milliseconds. */
  steady: () => number;
  log: Logger;
}

const TICK_MS = 1000;
/** Interval between lists of the provider's machines: while one is moving, at rest, and without an answer. */
const RECONCILE_MS = { moving: 10_000, resting: 60_000, unanswered: 120_000 };

/** The fleet's periodic work, every second. */
export function createLoop(deps: LoopDeps) {
  const { queries, compute, runs, leases, heartbeats, news, background, now, log } = deps;
  const watchActivity = createActivityWatch(compute, heartbeats.moved);
  const reconcileWhenDue = createReconcileTimer(deps);
  let timer: NodeJS.Timeout | undefined;

  /** Announces waiting runs to idle machines again: a server that died may have lost the announcement. */
  async function announceWaiting(): Promise<void> {
    const waiting = await waitingRuns(queries, now());
    news.keepOnly(waiting);
    for (const pool of new Set(waiting.map((run) => run.pool))) runs.announce(pool);
  }

  const tick = oneAtATime(async () => {
    // A failure, as in a provider's outage, does not stop the other steps.
    const attempt = (work: () => Promise<void>, failed: string) =>
      work().catch((error: unknown) => log.error({ err: error }, failed));
    let trusted = -Infinity;
    const checkClocks = async () => void (trusted = await heartbeats.checkClocks());
    await attempt(checkClocks, "the clock's jump could not be dealt with");
    await attempt(() => leases.lapse(trusted), "leases could not be checked");
    await attempt(heartbeats.flush, "calls could not be noted");
    const watch = async () => watchActivity(await aliveMachines(queries));
    await attempt(watch, "machines could not be looked at");
    await attempt(runs.repairResults, "results could not be repaired");
    await attempt(reconcileWhenDue, "machines could not be swept");
    await attempt(announceWaiting, "waiting runs could not be announced");
    await attempt(deps.reconsider, "the fleet could not be planned");
  });

  return {
    tick,
    begin(): void {
      const begun = runs.startAtOnce().then(deps.launcher.resume).then(tick);
      background.run(begun, "what was left unfinished could not be taken up");
      timer = setInterval(() => void tick(), TICK_MS);
      timer.unref();
    },
    async end(): Promise<void> {
      clearInterval(timer);
      deps.loop.end();
      reconcileWhenDue.end();
      await tick.idle();
    },
  };
}

/** Reconciles in the background: the provider may take its time, or never answer. */
function createReconcileTimer(deps: LoopDeps) {
  const { queries, policy, heartbeats, background, steady, changed } = deps;
  const { bootMs } = policy;
  const reconcile = createReconciler({ ...deps, bootMs, lastSeenAt: heartbeats.lastSeenAt });
  let begunAt = -Infinity;
  let running: symbol | undefined;
  let over = false;

  async function reconcileWhenDue(): Promise<void> {
    const moving = (await aliveMachines(queries)).some(
      ({ state }) => state === "launching" || state === "leaving",
    );
    const since = steady() - begunAt;
    const unanswered = running !== undefined && since < RECONCILE_MS.unanswered;
    if (over || unanswered || since < RECONCILE_MS[moving ? "moving" : "resting"]) return;
    const own = (running = Symbol("reconcile"));
    begunAt = steady();
    const reconciled = reconcile().finally(() => {
      if (running === own) running = undefined;
    });
    background.run(reconciled.then(changed), "machines could not be swept");
  }
  return Object.assign(reconcileWhenDue, { end: () => void (over = true) });
}
