import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { ReasonCode } from "../../protocol/errors.ts";
import type { LaunchFile, LeaveReason } from "../../protocol/responder.ts";
import type { Compute } from "../providers/compute.ts";
import type { FleetPolicy } from "../providers/policy.ts";
import { oneLine } from "../providers/one-line.ts";
import type { Database } from "../database/database.ts";
import type { Leases } from "../runs/leases.ts";
import type { Runs } from "../runs/runs.ts";
import { createAsked } from "./asked.ts";
import { createBackground } from "./background.ts";
import { createBudgetNews, dayOf, NOTHING_SPENT, spentOf, usedToday } from "./budget.ts";
import { endAll } from "./closing.ts";
import { createEfforts } from "./efforts.ts";
import { createEndings } from "./endings.ts";
import { takeUntold, wakeFailures, type UntoldFailure } from "./failed-wakes.ts";
import { createLaunches, type Asker } from "./launches.ts";
import type { LoopWatch } from "./loop-watch.ts";
import { aliveMachines, findMachine, projectsHeld, type AliveMachine } from "./machines.ts";
import { oneAtATime } from "../database/one-at-a-time.ts";
import { outlookOf } from "./outlook.ts";
import { plan, type FleetAction, type PoolPicture } from "./plan.ts";
import { inTurn, makeRoom, roomIn } from "./share.ts";
import { createSigns } from "./signs.ts";
import { createSweep } from "./sweep.ts";
import { createNews, waitingRuns, type WaitingRun } from "./waiting.ts";
import { chargeWake, pricedWakes } from "./wakes.ts";

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
  loop: LoopWatch;
  log: Logger;
}

export type Fleet = ReturnType<typeof createFleet>;

const TICK_MS = 1000;
/**
 * How often the provider is asked what there really is: while a machine is on its way, at rest, and where
 * it has not answered yet.
 */
const SWEEP_MS = { moving: 10_000, resting: 60_000, patience: 120_000 };
/** How long a server that closes waits for a provider whose machines go on without it. */
const CLOSE_MS = 3000;
/** How much of why a set-up failed is told to whoever waits. */
const SAID_CHARACTERS = 300;

/** Keeps as many machines as the waiting runs need, and no longer than they are needed. */
export function createFleet(deps: FleetDeps) {
  const { database, compute, runs, leases, policy, now, steady, log } = deps;
  const { queries } = database;
  const signs = createSigns(deps);
  const background = createBackground(log);
  const news = createNews({ queries, runs });
  const tellBudget = createBudgetNews((facts, message) => log.warn(facts, message));
  /** Pools in which somebody may soon run something, and who asked for a machine. */
  const hinted = new Map<string, Asker>();
  let timer: NodeJS.Timeout | undefined;
  let closing = false;
  let sweptAt = -Infinity;
  let sweeping: symbol | undefined;

  const reconsider = oneAtATime(async () => {
    if (closing) return;
    await signs.noticeJump();
    // Or a machine that is asked for now would make it seem that none has failed.
    for (const failure of await takeUntold(queries)) await tellFailure(failure);
    const at = now(); // One moment for all, or a clock that jumps meanwhile would age machines.
    const waiting = await waitingRuns(queries, at);
    const machines = await aliveMachines(queries);
    const spent = await spentAt(at);
    const held = spent.projects.size > 0 ? await projectsHeld(queries) : undefined;
    const runsIn = Map.groupBy(waiting, ({ pool }) => pool);
    const machinesIn = Map.groupBy(machines, ({ pool }) => pool);
    const names = new Set([...runsIn.keys(), ...hinted.keys(), ...machinesIn.keys()]);
    const pictures = await Promise.all(
      [...names].map(async (pool): Promise<PoolPicture> => ({
        pool,
        waiting: (runsIn.get(pool) ?? []).map(({ project }) => project),
        hinted: hinted.get(pool)?.project,
        failures: await wakeFailures(queries, pool, at),
        spent,
        room: 0,
        machines: (machinesIn.get(pool) ?? []).map((machine) =>
          signs.pictureOf(machine, held?.get(machine.launch_id) ?? []),
        ),
      })),
    );
    let room = roomIn(pictures, policy);
    for (const picture of inTurn(pictures)) {
      const { pool, failures } = picture;
      const runsHere = runsIn.get(pool) ?? [];
      const machinesHere = machinesIn.get(pool) ?? [];
      const hint = hinted.get(pool);
      hinted.delete(pool);
      const actions = plan({ ...picture, room }, policy, at);
      room -= actions.filter(({ type }) => type === "launch" || type === "start").length;
      for (const action of actions) await act(action, pool, runsHere, hint);
      if (runsHere.length === 0) continue;
      const machinesNow = actions.length === 0 ? machinesHere : await machinesOf(pool);
      await news.ofMissingRuntimes(runsHere, machinesNow);
      await news.ofWake(runsHere, machinesNow, failures);
    }
    const going = makeRoom(pictures, policy, at);
    if (going) await act(going, "", [], undefined);
  });
  const look = () => {
    if (!closing) background.do(reconsider(), "the fleet could not be planned");
  };
  const endings = createEndings({ ...deps, background, changed: look });
  const launches = createLaunches({
    ...deps,
    endings,
    background,
    expectedSlots: policy.expectedSlots,
    moved: signs.moved,
    changed: look,
  });
  const lookAtEfforts = createEfforts(compute, signs.moved);
  const asked = createAsked({ queries, policy, now, endings, hinted, reconsider });
  const sweep = createSweep({
    ...deps,
    queries,
    endings,
    bootMs: policy.bootMs,
    lastSeenAt: signs.lastSeenAt,
  });

  compute.onEnd?.(({ launchId, reason, detail }) => {
    const end = endings.ended(launchId, "gone", reason, { detail });
    background.do(end, "a machine's end could not be recorded");
  });

  async function act(
    action: FleetAction,
    pool: string,
    waiting: readonly WaitingRun[],
    hint: Asker | undefined,
  ): Promise<void> {
    const byHint = waiting.length === 0 && hint?.hinted === true;
    const asker = (project: string) => ({ project, hinted: byHint });
    switch (action.type) {
      case "launch":
        return launches.launch(pool, asker(action.project));
      case "start":
        return launches.start(action.launchId, asker(action.project));
      case "stop":
        if (action.reason === "boot_failed") return endings.giveUp(action.launchId);
        return endings.stop(action.launchId, action.reason);
      case "charge":
        return chargeWake(database, action.launchId, action.project, now());
      case "drain":
        return void (await endings.drain(action.launchId, action.reason));
      case "give_up": {
        const { project, reason, said, again } = action;
        const concerned = waiting.filter((run) => (project ?? run.project) === run.project);
        return news.ofNoMachine(concerned, { reason, said, again });
      }
      default:
        return action satisfies never;
    }
  }

  async function machinesOf(pool: string): Promise<AliveMachine[]> {
    return (await aliveMachines(queries)).filter((machine) => machine.pool === pool);
  }

  async function spentAt(at: number) {
    if (!policy.budget) return NOTHING_SPENT;
    const used = usedToday(await pricedWakes(queries, dayOf(at), at), at);
    tellBudget(used, policy.budget, at);
    return spentOf(used, policy.budget);
  }

  /** Runs that waited for a machine that never came have used an attempt up, or hear that it ends here. */
  async function tellFailure({ pool, reason, said }: UntoldFailure): Promise<void> {
    const machines = await machinesOf(pool);
    if (machines.some(({ state }) => state === "launching" || state === "ready")) return;
    const waiting = (await waitingRuns(queries, now())).filter((run) => run.pool === pool);
    const failures = await wakeFailures(queries, pool, now());
    const outlook = outlookOf(failures, policy.coolDown, now());
    if (outlook.type === "refused") {
      return news.ofNoMachine(waiting, { reason, said, again: outlook.again });
    }
    const facts = said === undefined ? { reason } : { reason, detail: said };
    for (const run of waiting) await runs.happen(run.id, { type: "wake_failed", ...facts });
  }

  /** The provider may take its time, or never answer: nothing waits for it. */
  async function sweepWhenDue(): Promise<void> {
    const moving = (await aliveMachines(queries)).some(
      ({ state }) => state === "launching" || state === "leaving",
    );
    const since = steady() - sweptAt;
    const late = sweeping !== undefined && since < SWEEP_MS.patience;
    if (late || closing || since < (moving ? SWEEP_MS.moving : SWEEP_MS.resting)) return;
    const own = (sweeping = Symbol("sweep"));
    sweptAt = steady();
    const swept = sweep().finally(() => {
      if (sweeping === own) sweeping = undefined;
    });
    background.do(swept.then(look), "machines could not be swept");
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
    let trusted = -Infinity;
    const notice = async () => void (trusted = await signs.noticeJump());
    await attempt(notice, "the clock's jump could not be dealt with");
    await attempt(() => leases.lapse(trusted), "leases could not be checked");
    await attempt(signs.note, "calls could not be noted");
    const machines = () => aliveMachines(queries);
    await attempt(async () => lookAtEfforts(await machines()), "machines could not be looked at");
    await attempt(runs.repairResults, "results could not be repaired");
    await attempt(sweepWhenDue, "machines could not be swept");
    await attempt(announceWaiting, "waiting runs could not be announced");
    await attempt(reconsider, "the fleet could not be planned");
  });

  return {
    /** Goes on with what an earlier server left unfinished, and from then on looks every second. */
    begin(): void {
      const begun = runs.startAtOnce().then(launches.resume).then(tick);
      background.do(begun, "what was left unfinished could not be taken up");
      timer = setInterval(() => void tick(), TICK_MS);
      timer.unref();
    },

    /** Does what is done every second. */
    tick,

    /** Looks at demand and machines again, soon; never throws. */
    reconsider: look,

    /** A machine says how far its boot is. */
    progress: launches.progress,

    /**
     * A machine says that it will not come up, and why: waiting longer for it would be in vain. One that
     * has come up says nothing by it.
     */
    bootFailed(launchId: string, reason: ReasonCode, why: string): void {
      const end = async () => {
        if ((await findMachine(queries, launchId))?.state !== "launching") return;
        log.error({ machine: launchId, reason, why }, "a machine could not be set up");
        await endings.stop(launchId, reason, {
          detail: why,
          ...(reason === "boot_failed" ? { said: oneLine(why, SAID_CHARACTERS) } : {}),
        });
      };
      background.do(end(), "a failed set-up could not be recorded");
    },

    /** A call from a machine's responder, and whether it has to do with a run. */
    seen: signs.seen,

    ...asked,

    /** A machine wants to go: it may, unless it is needed; one that can't stay goes anyway. */
    async leave(launchId: string, reason: LeaveReason): Promise<"leaving" | "work_waiting"> {
      const left = await endings.leave(launchId, reason ?? "idle");
      if (reason) look();
      // It powers itself off as well; but whoever comes now need not wait until a list shows that.
      else if (left && compute.outlivesServer) {
        background.do(endings.stop(launchId, "idle"), "an idle machine could not be stopped");
      }
      return left ? "leaving" : "work_waiting";
    },

    /** Stops planning; where machines end with the server, stops them and waits for it. */
    async close(): Promise<void> {
      closing = true;
      clearInterval(timer);
      deps.loop.end();
      await tick.idle();
      await reconsider.idle();
      if (compute.outlivesServer) await Promise.race([background.settled(), sleep(CLOSE_MS)]);
      else await endAll({ queries, compute, endings, background, log });
      await reconsider.idle();
      background.end();
    },
  };
}
