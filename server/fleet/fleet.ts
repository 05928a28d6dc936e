import type { Logger } from "pino";
import type { LaunchFile } from "../../protocol/responder.ts";
import type { Compute } from "../compute/compute.ts";
import type { Database } from "../database/database.ts";
import type { Leases } from "../runs/leases.ts";
import type { Runs } from "../runs/runs.ts";
import { createBackground } from "./background.ts";
import { createClockWatch } from "./clock.ts";
import { markLeaving } from "./leaving.ts";
import { createLives, type MachineEnd } from "./lives.ts";
import { aliveMachines, failedLaunches, updateMachine, type AliveMachine } from "./machines.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import { plan, type FleetPolicy, type MachinePicture } from "./plan.ts";
import { createNews, waitingRuns } from "./waiting.ts";

export interface FleetDeps {
  database: Database;
  compute: Compute;
  runs: Runs;
  leases: Leases;
  policy: FleetPolicy;
  launchFile: (launchId: string) => LaunchFile;
  now: () => number;
  /** A clock that never jumps, in milliseconds. */
  steady: () => number;
  log: Logger;
}

export type Fleet = ReturnType<typeof createFleet>;

const TICK_MS = 1000;
/** How often the provider is asked what there really is. */
const SWEEP_TICKS = 10;

/** Keeps as many machines as the waiting runs need, and no longer than they are needed. */
export function createFleet(deps: FleetDeps) {
  const { database, runs, leases, policy, now, log } = deps;
  const { queries } = database;
  const clockJumped = createClockWatch(now, deps.steady);
  /** Before this nobody could call, or nobody can say when it was. */
  let listeningSince = now();
  /** Calls are frequent and their times need not survive a crash: they are written on the tick. */
  const seen = new Map<string, number>();
  /** The same for when a machine last had to do with a run. */
  const worked = new Map<string, number>();
  const background = createBackground(log);
  const news = createNews({ queries, runs });
  /** Pools in which a reader may soon run something. */
  const hinted = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let forgetting: Promise<void> | undefined;
  let closing = false;
  let ticks = 0;

  const reconsider = oneAtATime(async () => {
    if (closing) return;
    await noticeJump();
    const at = now(); // One moment for all, or a clock that jumps meanwhile would age machines.
    const waiting = await waitingRuns(queries, at);
    const machines = await aliveMachines(queries);
    const pools = [...hinted, ...[...waiting, ...machines].map((one) => one.pool)];
    for (const pool of new Set(pools)) {
      const runsHere = waiting.filter((run) => run.pool === pool);
      const machinesHere = machines.filter((machine) => machine.pool === pool);
      const picture = {
        pool,
        waiting: runsHere.length,
        hinted: hinted.delete(pool),
        failedLaunches: await failedLaunches(queries, pool),
        machines: machinesHere.map(pictureOf),
      };
      for (const action of plan(picture, policy, at)) {
        if (action.type === "start")
          machinesHere.push({ ...(await lives.launch(pool)), running: 0 });
        else await lives.stop(action.launchId, action.reason);
      }
      if (runsHere.length === 0) continue;
      await news.ofMissingRuntimes(runsHere, machinesHere);
      await news.ofWake(runsHere, machinesHere);
    }
  });
  const lives = createLives({
    ...deps,
    background,
    expectedSlots: policy.expectedSlots,
    changed: reconsider,
  });

  function pictureOf(machine: AliveMachine): MachinePicture {
    return {
      launchId: machine.launch_id,
      state: machine.state,
      slots: machine.slots,
      running: machine.running,
      requestedAt: machine.requested_at,
      lastSeenAt: Math.max(seen.get(machine.launch_id) ?? machine.last_seen_at, listeningSince),
      idleSince: machine.running > 0 ? null : (worked.get(machine.launch_id) ?? machine.idle_since),
    };
  }

  /** Before anything is decided by the clock: whoever notices that it jumped, all wait for the repair. */
  async function noticeJump(): Promise<void> {
    if (clockJumped()) forgetting = forgetTimes().finally(() => (forgetting = undefined));
    await forgetting;
  }

  /** Times on record are of the clock as it was: everything that waits for one begins anew. */
  async function forgetTimes(): Promise<void> {
    log.warn("the clock has jumped; leases and time limits begin anew");
    listeningSince = now();
    seen.clear();
    worked.clear();
    await leases.extendAll();
    await runs.retryAtOnce();
    for (const machine of await aliveMachines(queries)) {
      await updateMachine(queries, machine.launch_id, {
        last_seen_at: now(),
        idle_since: machine.idle_since === null ? null : now(),
        requested_at: machine.state === "launching" ? now() : machine.requested_at,
      });
    }
  }

  async function noteCalls(): Promise<void> {
    for (const [launchId, at] of seen) {
      const workedAt = worked.get(launchId);
      const changes = { last_seen_at: at, ...(workedAt && { idle_since: workedAt }) };
      await database.lightly((light) => updateMachine(light, launchId, changes));
      if (seen.get(launchId) === at) seen.delete(launchId);
      if (worked.get(launchId) === workedAt) worked.delete(launchId);
    }
  }

  async function sweep(): Promise<void> {
    await lives.sweep();
    news.keepOnly(await waitingRuns(queries, now()));
  }

  /** Machines that wait for work hear of it again: what announced it may have died with a server. */
  async function announceWaiting(): Promise<void> {
    const waiting = await waitingRuns(queries, now());
    for (const pool of new Set(waiting.map((run) => run.pool))) runs.announce(pool);
  }

  const tick = oneAtATime(async () => {
    // One that fails, as a provider's outage makes it, does not keep the others from being done.
    const attempt = (work: () => Promise<void>, failed: string) =>
      work().catch((error: unknown) => log.error({ err: error }, failed));
    await attempt(noticeJump, "the clock's jump could not be dealt with");
    await attempt(leases.lapse, "leases could not be checked");
    await attempt(noteCalls, "calls could not be noted");
    await attempt(runs.repairResults, "results could not be repaired");
    if (ticks++ % SWEEP_TICKS === 0) await attempt(sweep, "machines could not be swept");
    await attempt(announceWaiting, "waiting runs could not be announced");
    await attempt(reconsider, "the fleet could not be planned");
  });

  return {
    /** Goes on with what an earlier server left unfinished, and from then on looks every second. */
    begin(): void {
      background.do(lives.resume().then(tick), "what was left unfinished could not be taken up");
      timer = setInterval(() => void tick(), TICK_MS);
      timer.unref();
    },

    /** Looks at demand and machines again, soon; never throws. */
    reconsider(): void {
      if (!closing) background.do(reconsider(), "the fleet could not be planned");
    },

    /** A machine says how far its boot is. */
    progress: lives.progress,

    /** Compute says that a machine ended, by itself or not. */
    ended(launchId: string, reason: MachineEnd): void {
      background.do(lives.gone(launchId, reason), "a machine's end could not be recorded");
    },

    /** A machine says that its set-up failed, and powers itself off. */
    bootFailed(launchId: string, why: string): void {
      log.error({ machine: launchId, why }, "a machine could not be set up");
      background.do(lives.stop(launchId, "boot_failed"), "a failed set-up could not be recorded");
    },

    /** A call from a machine's responder, and whether it has to do with a run. */
    seen(launchId: string, { working }: { working: boolean }): void {
      seen.set(launchId, now());
      if (working) worked.set(launchId, now());
    },

    /** Wakes a machine ahead of a run, unless one is there or on its way. */
    async hint(pool: string): Promise<"ready" | "waking" | "declined"> {
      hinted.add(pool);
      await reconsider();
      const here = (await aliveMachines(queries)).filter((machine) => machine.pool === pool);
      if (here.some((machine) => machine.state === "ready")) return "ready";
      return here.some((machine) => machine.state === "launching") ? "waking" : "declined";
    },

    /** A machine wants to go: it may, unless it is needed. */
    async leave(launchId: string): Promise<"leaving" | "work_waiting"> {
      const needed = { unlessNeeded: true };
      return (await markLeaving(database, launchId, needed)) ? "leaving" : "work_waiting";
    },

    /** Stops planning; where machines end with the server, stops them and waits for it. */
    async close({ stopMachines }: { stopMachines: boolean }): Promise<void> {
      closing = true;
      clearInterval(timer);
      await tick.idle();
      await reconsider.idle();
      if (stopMachines) {
        const alive = await aliveMachines(queries);
        for (const { launch_id: launchId } of alive) await lives.stop(launchId, "server_closed");
      }
      await background.settled();
      await reconsider.idle();
    },
  };
}
