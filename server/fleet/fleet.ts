import type { Logger } from "pino";
import type { ReasonCode } from "../../protocol/errors.ts";
import type { LaunchFile } from "../../protocol/responder.ts";
import { servesRuntime } from "../../protocol/runtimes.ts";
import type { Compute } from "../compute/compute.ts";
import type { Database } from "../database/database.ts";
import { newId } from "../ids.ts";
import type { RunRow } from "../runs/record.ts";
import type { Runs } from "../runs/runs.ts";
import type { Leases } from "../runs/leases.ts";
import {
  aliveMachines,
  findMachine,
  newMachine,
  runtimesOf,
  usualWake,
  wakingOf,
  type MachineRow,
} from "./machines.ts";
import { plan, type FleetPolicy } from "./plan.ts";

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
const NEXT = "If this machine does not come up, another one is started.";

/** Keeps as many machines as the waiting runs need, and no longer than they are needed. */
export function createFleet(deps: FleetDeps) {
  const { database, compute, runs, leases, policy, now, log } = deps;
  const startedAt = now();
  /** Calls are frequent and their times need not survive a crash: they are written on the tick. */
  const seen = new Map<string, number>();
  /** Work begun on behalf of nobody who waits for it. */
  const background = new Set<Promise<void>>();
  let closing = false;
  let sweptAt = 0;

  function inBackground(work: Promise<void>, what: string): void {
    const watched = work
      .catch((error: unknown) => log.error({ err: error }, what))
      .finally(() => background.delete(watched));
    background.add(watched);
  }

  const reconsider = oneAtATime(async () => {
    if (closing) return;
    const waiting = await waitingRuns();
    const machines = await aliveMachines(database.queries);
    await noteIdleness(machines);
    const pools = new Set([...waiting, ...machines].map(({ pool }) => pool));
    for (const pool of pools) {
      const runsHere = waiting.filter((run) => run.pool === pool);
      const machinesHere = machines.filter((machine) => machine.pool === pool);
      const picture = {
        pool,
        waiting: runsHere.length,
        machines: machinesHere.map((machine) => ({
          launchId: machine.launch_id,
          state: machine.state as "launching" | "ready" | "leaving",
          slots: machine.slots,
          running: machine.running,
          requestedAt: machine.requested_at,
          lastSeenAt: Math.max(seen.get(machine.launch_id) ?? machine.last_seen_at, startedAt),
          idleSince: machine.idle_since,
        })),
      };
      const actions = plan(picture, policy, now());
      for (const action of actions) {
        if (action.type === "start") machinesHere.push({ ...(await launch(pool)), running: 0 });
        else await stop(action.launchId, action.reason);
      }
      await tellWaiting(runsHere, machinesHere);
    }
  });

  async function waitingRuns(): Promise<RunRow[]> {
    return database.queries
      .selectFrom("runs")
      .selectAll()
      .where("state", "in", ["queued", "waking", "retrying"])
      .where("available_at", "<=", now())
      .orderBy("created_at")
      .limit(1000)
      .execute();
  }

  async function noteIdleness(machines: (MachineRow & { running: number })[]): Promise<void> {
    for (const machine of machines) {
      if (machine.state !== "ready") continue;
      const idle = machine.running === 0;
      if (idle === (machine.idle_since !== null)) continue;
      machine.idle_since = idle ? now() : null;
      await update(machine.launch_id, { idle_since: machine.idle_since });
    }
  }

  async function update(launchId: string, changes: Partial<MachineRow>): Promise<void> {
    await database.queries
      .updateTable("machines")
      .set(changes)
      .where("launch_id", "=", launchId)
      .execute();
  }

  async function launch(pool: string): Promise<MachineRow> {
    const launchId = newId();
    const slots = policy.expectedSlots;
    const machine = newMachine({ launchId, pool, compute: compute.name, slots, now: now() });
    await database.queries.insertInto("machines").values(machine).execute();
    log.info({ machine: launchId, pool }, "waking a machine");
    inBackground(provide(machine), "a launch could not be recorded");
    return machine;
  }

  async function provide({ launch_id: launchId, pool }: MachineRow): Promise<void> {
    try {
      const spec = { launchId, pool, launchFile: deps.launchFile(launchId) };
      const { providerId } = await compute.launch(spec);
      await update(launchId, { provider_id: providerId });
      await progress(launchId, "starting");
    } catch (error) {
      log.error({ err: error, machine: launchId }, "the launch failed");
      await gone(launchId, "launch_failed");
    }
  }

  async function progress(
    launchId: string,
    phase: MachineRow["phase"],
    step: string | null = null,
  ): Promise<void> {
    const changed = await database.queries
      .updateTable("machines")
      .set({ phase, step })
      .where("launch_id", "=", launchId)
      .where("state", "=", "launching")
      // What compute says comes late at times: it never turns back what the machine itself said.
      .$if(phase === "starting", (query) => query.where("phase", "=", "requested"))
      .executeTakeFirst();
    if (changed.numUpdatedRows > 0n) await reconsider();
  }

  /** Stops a machine: it is marked first, so that it claims nothing more. */
  async function stop(launchId: string, reason: ReasonCode | "idle"): Promise<void> {
    const machine = await findMachine(database.queries, launchId);
    if (!machine || machine.state === "gone") return;
    log.info({ machine: launchId, reason }, "stopping a machine");
    await update(launchId, { state: "leaving" });
    inBackground(
      (async () => {
        if (machine.provider_id) await compute.destroy(machine.provider_id);
        await gone(launchId, reason);
      })(),
      "a machine could not be stopped",
    );
  }

  /** A machine does not exist any more: its runs are tried again, what waited for it is told. */
  async function gone(launchId: string, reason: ReasonCode | "idle"): Promise<void> {
    const machine = await findMachine(database.queries, launchId);
    if (!machine || machine.state === "gone") return;
    await update(launchId, { state: "gone", token_hash: null, ended_at: now(), reason });
    seen.delete(launchId);
    await leases.machineLost(launchId, "machine_gone");
    if (machine.state === "launching") {
      await wakeFailed(machine.pool, reason === "idle" ? "boot_failed" : reason);
    }
    await reconsider();
  }

  /** Runs that waited for a machine that never came have used an attempt up. */
  async function wakeFailed(pool: string, reason: ReasonCode): Promise<void> {
    const machines = await aliveMachines(database.queries);
    const others = machines.filter((machine) => machine.pool === pool);
    if (others.some((machine) => machine.state !== "leaving")) return;
    for (const run of await waitingRuns()) {
      if (run.pool === pool) await runs.happen(run.id, { type: "wake_failed", reason });
    }
  }

  /** Waiting runs hear how far the wake is, or that no machine here can ever run them. */
  async function tellWaiting(
    waiting: RunRow[],
    machines: (MachineRow & { running: number })[],
  ): Promise<void> {
    if (waiting.length === 0) return;
    const ready = machines.filter((machine) => machine.state === "ready");
    const launching = machines.filter((machine) => machine.state === "launching");
    const found = ready.flatMap(runtimesOf);
    const unserved = (run: RunRow) => !found.some((runtime) => servesRuntime(runtime, run.runtime));
    if (ready.length > 0 && launching.length === 0) {
      for (const run of waiting.filter(unserved)) {
        await runs.happen(run.id, { type: "given_up", reason: "runtime_not_installed" });
      }
    }
    const first = launching[0];
    if (!first) return;
    const free = ready.reduce((sum, machine) => sum + machine.slots - machine.running, 0);
    const waking = wakingOf(first, await usualWake(database.queries, first.pool), NEXT);
    const key = JSON.stringify([waking.phase, waking.step, waking.since]);
    for (const run of waiting.slice(Math.max(0, free))) {
      if (told.get(run.id) === key && run.state === "waking") continue;
      told.set(run.id, key);
      await runs.happen(run.id, { type: "machine_waking", waking });
    }
  }

  /** What each waiting run was last told; bounded, and a repeat after a restart is harmless. */
  const told = new Map<string, string>();

  const sweep = async () => {
    const listed = await compute.list();
    const alive = await aliveMachines(database.queries);
    for (const machine of alive) {
      const there = listed.some(
        (one) => one.launchId === machine.launch_id && one.state === "running",
      );
      // A launch under way is not listed yet; it has its own time limit.
      if (there || machine.provider_id === null) continue;
      await gone(machine.launch_id, machine.state === "launching" ? "boot_failed" : "machine_gone");
    }
    for (const one of listed) {
      if (alive.some((machine) => machine.launch_id === one.launchId)) continue;
      const known = await findMachine(database.queries, one.launchId);
      if (known && known.state !== "gone") continue; // Launched since the two lists were made.
      log.info({ machine: one.launchId }, "removing a machine that is not on record");
      await compute.destroy(one.providerId);
    }
    const waiting = new Set((await waitingRuns()).map((run) => run.id));
    for (const run of told.keys()) if (!waiting.has(run)) told.delete(run);
  };

  async function tick(): Promise<void> {
    for (const [launchId, at] of seen) await update(launchId, { last_seen_at: at });
    seen.clear();
    await leases.lapse();
    await runs.settleUnwritten();
    if (now() - sweptAt >= SWEEP_MS) {
      sweptAt = now();
      await sweep();
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
      inBackground(reconsider(), "the fleet could not be planned");
    },
    progress,

    /** Compute says that a machine ended, by itself or not. */
    ended(launchId: string, reason: ReasonCode | "idle"): void {
      inBackground(gone(launchId, reason), "a machine's end could not be recorded");
    },

    /** A call from a machine's responder. */
    seen(launchId: string): void {
      seen.set(launchId, now());
    },

    /** Wakes a machine ahead of a run, unless one is there or on its way. */
    async hint(pool: string): Promise<"ready" | "waking"> {
      const machines = await aliveMachines(database.queries);
      const here = machines.filter((machine) => machine.pool === pool);
      if (here.some((machine) => machine.state === "ready")) return "ready";
      if (!here.some((machine) => machine.state === "launching")) await launch(pool);
      return "waking";
    },

    /** Locks the machine's row: either runs wait for it, or it may power off. */
    async leave(launchId: string): Promise<"leaving" | "work_waiting"> {
      return database.write(async (trx) => {
        const machine = await findMachine(trx, launchId);
        const runtimes = machine ? runtimesOf(machine) : [];
        const waiting = await trx
          .selectFrom("runs")
          .select("runtime")
          .where("pool", "=", machine?.pool ?? "")
          .where("state", "in", ["queued", "waking", "retrying"])
          .execute();
        const servable = waiting.some((run) =>
          runtimes.some((runtime) => servesRuntime(runtime, run.runtime)),
        );
        if (servable && machine?.state === "ready") return "work_waiting";
        await trx
          .updateTable("machines")
          .set({ state: "leaving" })
          .where("launch_id", "=", launchId)
          .where("state", "=", "ready")
          .execute();
        return "leaving";
      });
    },

    /** Stops planning; where machines end with the server, stops them and waits for it. */
    async close({ stopMachines }: { stopMachines: boolean }): Promise<void> {
      closing = true;
      clearInterval(timer);
      if (stopMachines) {
        const alive = await aliveMachines(database.queries);
        for (const { launch_id: launchId } of alive) await stop(launchId, "machine_gone");
      }
      while (background.size > 0) await Promise.all(background);
      await safeTick.idle();
      await reconsider.idle();
    },
  };
}

/** Runs `work` one at a time; a call during a run makes it run once more, with what is new then. */
function oneAtATime(work: () => Promise<void>) {
  let current: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const begin = (): Promise<void> => {
    current = work().finally(() => {
      current = undefined;
    });
    return current;
  };
  const run = (): Promise<void> => {
    if (!current) return begin();
    next ??= current
      .catch(() => {})
      .then(() => {
        next = undefined;
        return begin();
      });
    return next;
  };
  return Object.assign(run, {
    /** Resolves when nothing is under way. */
    idle: async () => {
      while (current || next) await (next ?? current)?.catch(() => {});
    },
  });
}
