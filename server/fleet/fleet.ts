import type { Logger } from "pino";
import type { LaunchFile } from "../../protocol/responder.ts";
import { servesRuntime } from "../../protocol/runtimes.ts";
import type { Compute } from "../compute/compute.ts";
import type { Database } from "../database/database.ts";
import type { Leases } from "../runs/leases.ts";
import type { Runs } from "../runs/runs.ts";
import { createBackground } from "./background.ts";
import { createLives, type MachineEnd } from "./lives.ts";
import {
  aliveMachines,
  findMachine,
  runtimesOf,
  updateMachine,
  type AliveMachine,
} from "./machines.ts";
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
  log: Logger;
}

export type Fleet = ReturnType<typeof createFleet>;

const TICK_MS = 1000;
/** How often the provider is asked what there really is. */
const SWEEP_MS = 10_000;

/** Keeps as many machines as the waiting runs need, and no longer than they are needed. */
export function createFleet(deps: FleetDeps) {
  const { database, runs, leases, policy, now, log } = deps;
  const { queries } = database;
  const startedAt = now();
  /** Calls are frequent and their times need not survive a crash: they are written on the tick. */
  const seen = new Map<string, number>();
  const background = createBackground(log);
  const news = createNews({ queries, runs });
  let closing = false;
  let sweptAt = 0;

  const reconsider = oneAtATime(async () => {
    if (closing) return;
    const waiting = await waitingRuns(queries, now());
    const machines = await aliveMachines(queries);
    await noteIdleness(machines);
    for (const pool of new Set([...waiting, ...machines].map((one) => one.pool))) {
      const runsHere = waiting.filter((run) => run.pool === pool);
      const machinesHere = machines.filter((machine) => machine.pool === pool);
      const picture = { pool, waiting: runsHere.length, machines: machinesHere.map(pictureOf) };
      for (const action of plan(picture, policy, now())) {
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
      // While this server was not there, nobody could call it.
      lastSeenAt: Math.max(seen.get(machine.launch_id) ?? machine.last_seen_at, startedAt),
      idleSince: machine.idle_since,
    };
  }

  async function noteIdleness(machines: AliveMachine[]): Promise<void> {
    for (const machine of machines) {
      if (machine.state !== "ready") continue;
      const idle = machine.running === 0;
      if (idle === (machine.idle_since !== null)) continue;
      machine.idle_since = idle ? now() : null;
      await updateMachine(queries, machine.launch_id, { idle_since: machine.idle_since });
    }
  }

  async function tick(): Promise<void> {
    for (const [launchId, at] of seen) {
      seen.delete(launchId);
      await updateMachine(queries, launchId, { last_seen_at: at });
    }
    await leases.lapse();
    await runs.settleUnwritten();
    if (now() - sweptAt >= SWEEP_MS) {
      sweptAt = now();
      await lives.sweep();
      news.keepOnly(await waitingRuns(queries, now()));
    }
    await reconsider();
  }

  const safeTick = oneAtATime(() =>
    tick().catch((error: unknown) => log.error({ err: error }, "the sweep failed")),
  );
  const timer = setInterval(() => void safeTick(), TICK_MS);
  timer.unref();

  return {
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

    /** A call from a machine's responder. */
    seen(launchId: string): void {
      seen.set(launchId, now());
    },

    /** Wakes a machine ahead of a run, unless one is there or on its way. */
    async hint(pool: string): Promise<"ready" | "waking"> {
      const machines = await aliveMachines(queries);
      const here = machines.filter((machine) => machine.pool === pool);
      if (here.some((machine) => machine.state === "ready")) return "ready";
      if (!here.some((machine) => machine.state === "launching")) await lives.launch(pool);
      return "waking";
    },

    /** Locks the machine's row: either runs wait for it, or it may power off. */
    async leave(launchId: string): Promise<"leaving" | "work_waiting"> {
      return database.write(async (trx) => {
        const machine = await findMachine(trx, launchId);
        if (machine?.state !== "ready") return "leaving";
        const runtimes = runtimesOf(machine);
        const waiting = await trx
          .selectFrom("runs")
          .select("runtime")
          .where("pool", "=", machine.pool)
          .where("state", "in", ["queued", "waking", "retrying"])
          .execute();
        const servable = waiting.some((run) =>
          runtimes.some((runtime) => servesRuntime(runtime, run.runtime)),
        );
        if (servable) return "work_waiting";
        await updateMachine(trx, launchId, { state: "leaving" });
        return "leaving";
      });
    },

    /** Stops planning; where machines end with the server, stops them and waits for it. */
    async close({ stopMachines }: { stopMachines: boolean }): Promise<void> {
      closing = true;
      clearInterval(timer);
      await safeTick.idle();
      await reconsider.idle();
      if (stopMachines) {
        const alive = await aliveMachines(queries);
        for (const { launch_id: launchId } of alive) await lives.stop(launchId, "machine_gone");
      }
      await background.settled();
      await reconsider.idle();
    },
  };
}
