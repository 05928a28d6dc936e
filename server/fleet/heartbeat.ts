import type { Logger } from "pino";
import type { Database } from "../database/database.ts";
import { LEASE_S, type Leases } from "../runs/leases.ts";
import type { Runs } from "../runs/runs.ts";
import { createClockWatch, type LoopWatch } from "./clocks.ts";
import { aliveMachines, updateMachine, type AliveMachine } from "./machines.ts";
import type { MachineSnapshot } from "./snapshot.ts";
import { shiftWakes } from "./wakes.ts";

export interface HeartbeatDeps {
  database: Database;
  runs: Runs;
  leases: Leases;
  now: () => number;
  /** A monotonic clock, in milliseconds. */
  steady: () => number;
  loop: Pick<LoopWatch, "away">;
  log: Logger;
}

/**
 * A pause of this process after which live machines could seem silent: shorter than the silence that ends a
 * machine, by more than the 20 s between two calls.
 */
const STALL_MS = 30_000;
/** Renewals come at a third of a lease: after a longer pause some may be unread. */
const UNREAD_MS = (LEASE_S * 1000) / 3;

export type Heartbeats = ReturnType<typeof createHeartbeats>;

/** Last heartbeats of machines. Calls are frequent and may be lost in a crash: `flush` writes them. */
export function createHeartbeats(deps: HeartbeatDeps) {
  const { database, now } = deps;
  const { queries } = database;
  const seen = new Map<string, number>();
  /** When a machine's last call about a run came. */
  const worked = new Map<string, number>();
  /** When boots last progressed; a restarted server gives each its full time again. */
  const moved = new Map<string, number>();
  const clock = createListeningClock(deps, () => {
    for (const times of [seen, worked, moved]) times.clear();
  });

  async function flush(): Promise<void> {
    for (const [launchId, at] of seen) {
      const workedAt = worked.get(launchId);
      const changes = { last_seen_at: at, ...(workedAt && { idle_since: workedAt }) };
      await database.writeUnsynced((unsynced) => updateMachine(unsynced, launchId, changes));
      if (seen.get(launchId) === at) seen.delete(launchId);
      if (worked.get(launchId) === workedAt) worked.delete(launchId);
    }
    if (moved.size === 0) return;
    const launching = (await aliveMachines(queries)).filter(({ state }) => state === "launching");
    const still = new Set(launching.map(({ launch_id: launchId }) => launchId));
    for (const launchId of moved.keys()) if (!still.has(launchId)) moved.delete(launchId);
  }

  return {
    checkClocks: clock.check,
    flush,

    /** A boot progressed. */
    moved: (launchId: string): void => void moved.set(launchId, now()),

    /** A call from a machine's responder; `working`: the call is about a run. */
    heard(launchId: string, { working }: { working: boolean }): void {
      seen.set(launchId, now());
      if (working) worked.set(launchId, now());
    },

    lastSeenAt: (machine: AliveMachine) => seen.get(machine.launch_id) ?? machine.last_seen_at,

    /** A machine as the planner sees it. */
    pictureOf(machine: AliveMachine, holds: readonly string[]): MachineSnapshot {
      const { launch_id: launchId } = machine;
      const idleSince = worked.get(launchId) ?? machine.idle_since;
      return {
        launchId,
        state: machine.state,
        project: machine.project,
        slots: machine.slots,
        running: machine.running,
        holds,
        // Nothing can register while the server does not listen.
        requestedAt: clock.sinceListening(machine.requested_at),
        movedAt: clock.sinceListening(Math.max(machine.requested_at, moved.get(launchId) ?? 0)),
        lastSeenAt: clock.sinceListening(seen.get(launchId) ?? machine.last_seen_at),
        idleSince: machine.running > 0 || idleSince === null ? null : clock.past(idleSince),
        unused: machine.running === 0 && idleSince === machine.registered_at,
        stoppedAt: machine.stopped_at,
        unstartableAt: machine.reason === "unstartable" ? machine.requested_at : null,
        outdated: machine.outdated === 1,
      };
    },
  };
}

/** Times on record, read with what is known of this process's pauses and the wall clock's jumps. */
function createListeningClock(deps: HeartbeatDeps, forgetCalls: () => void) {
  const { database, runs, leases, now, steady, loop, log } = deps;
  const { queries } = database;
  const clockJump = createClockWatch(now, steady);
  let lookedAt = steady();
  /** Earlier calls were impossible, or their times are unknown. */
  let listeningSince = now();
  let repairing: Promise<void> | undefined;

  /**
   * Called before each decision by the clock: after a jump or a pause all callers wait for the repair.
   * Resolves with the moment up to which stored times can be trusted.
   */
  async function check(): Promise<number> {
    const at = now();
    const jump = clockJump();
    const awayMs = loop.away();
    if (jump !== 0) repairing = rebase(jump).finally(() => (repairing = undefined));
    else if (awayMs > UNREAD_MS) {
      log.warn({ ms: Math.round(awayMs) }, "the server did nothing for a while; leases begin anew");
      repairing = leases.extendAll().finally(() => (repairing = undefined));
    }
    // The process was paused or starved: no machine could call meanwhile.
    if (steady() - lookedAt > STALL_MS) listeningSince = now();
    lookedAt = steady();
    await repairing;
    return at;
  }

  /** Restarts deadlines, and shifts durations by the clock's jump. */
  async function rebase(jump: number): Promise<void> {
    log.warn("the clock has jumped; leases and time limits begin anew");
    listeningSince = now();
    forgetCalls();
    await leases.extendAll();
    await runs.startAtOnce();
    for (const machine of await aliveMachines(queries)) {
      await updateMachine(queries, machine.launch_id, {
        last_seen_at: now(),
        idle_since: machine.idle_since === null ? null : now(),
        requested_at: machine.requested_at + jump,
        stopped_at: machine.stopped_at === null ? null : machine.stopped_at + jump,
      });
    }
    await shiftWakes(queries, jump);
  }

  /** A time in the future was written before the clock was set back. */
  const past = (at: number) => (at > now() ? listeningSince : at);
  return { check, past, sinceListening: (at: number) => Math.max(past(at), listeningSince) };
}
