import type { Logger } from "pino";
import type { Database } from "../database/database.ts";
import { LEASE_S, type Leases } from "../runs/leases.ts";
import type { Runs } from "../runs/runs.ts";
import { createClockWatch } from "./clock.ts";
import type { LoopWatch } from "./loop-watch.ts";
import { aliveMachines, updateMachine, type AliveMachine } from "./machines.ts";
import type { MachinePicture } from "./plan.ts";
import { shiftWakes } from "./wakes.ts";

export interface SignsDeps {
  database: Database;
  runs: Runs;
  leases: Leases;
  now: () => number;
  /** A clock that never jumps, in milliseconds. */
  steady: () => number;
  loop: Pick<LoopWatch, "away">;
  log: Logger;
}

/**
 * A pause of this process that could make a machine seem silent which was not: less than the time after
 * which one is taken for dead, by more than the 20 s between two calls.
 */
const STALL_MS = 30_000;
/** Renewals come at a third of a lease: after a longer pause some may be there that nobody has read yet. */
const UNREAD_MS = (LEASE_S * 1000) / 3;

/** When machines were heard of, by a clock that may jump. */
export function createSigns({ database, runs, leases, now, steady, loop, log }: SignsDeps) {
  const { queries } = database;
  const clockJump = createClockWatch(now, steady);
  let lookedAt = steady();
  /** Before this nobody could call, or nobody can say when it was. */
  let listeningSince = now();
  /** Calls are frequent and their times need not survive a crash: they are written on the tick. */
  const seen = new Map<string, number>();
  /** The same for when a machine last had to do with a run. */
  const worked = new Map<string, number>();
  /** When the boots of machines came further; a server that starts gives each its whole time again. */
  const moved = new Map<string, number>();
  let forgetting: Promise<void> | undefined;

  /**
   * Before anything is decided by the clock: whoever notices that it jumped, or that this process did nothing for a
   * while, all wait for the repair. Resolves with the moment until which times on record can be trusted.
   */
  async function noticeJump(): Promise<number> {
    const at = now();
    const jump = clockJump();
    const awayMs = loop.away();
    if (jump !== 0) forgetting = forgetTimes(jump).finally(() => (forgetting = undefined));
    else if (awayMs > UNREAD_MS) {
      log.warn({ ms: Math.round(awayMs) }, "the server did nothing for a while; leases begin anew");
      forgetting = leases.extendAll().finally(() => (forgetting = undefined));
    }
    // This process stood still, as one does that is paused or starved: nobody could call meanwhile.
    if (steady() - lookedAt > STALL_MS) listeningSince = now();
    lookedAt = steady();
    await forgetting;
    return at;
  }

  /** Times on record are of the clock as it was: what waits begins anew, what lasts is set as the clock was. */
  async function forgetTimes(jump: number): Promise<void> {
    log.warn("the clock has jumped; leases and time limits begin anew");
    listeningSince = now();
    seen.clear();
    worked.clear();
    moved.clear();
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

  /** What is on record for later than now was written by a clock that was set back while no server ran. */
  const past = (at: number) => (at > now() ? listeningSince : at);
  const sinceListening = (at: number) => Math.max(past(at), listeningSince);

  async function noteCalls(): Promise<void> {
    for (const [launchId, at] of seen) {
      const workedAt = worked.get(launchId);
      const changes = { last_seen_at: at, ...(workedAt && { idle_since: workedAt }) };
      await database.lightly((light) => updateMachine(light, launchId, changes));
      if (seen.get(launchId) === at) seen.delete(launchId);
      if (worked.get(launchId) === workedAt) worked.delete(launchId);
    }
    if (moved.size === 0) return;
    const launching = (await aliveMachines(queries)).filter(({ state }) => state === "launching");
    const still = new Set(launching.map(({ launch_id: launchId }) => launchId));
    for (const launchId of moved.keys()) if (!still.has(launchId)) moved.delete(launchId);
  }

  return {
    noticeJump,

    /** A machine's boot came further. */
    moved: (launchId: string): void => void moved.set(launchId, now()),

    /** Writes down what was heard since the last time. */
    note: noteCalls,

    /** A call from a machine's responder, and whether it has to do with a run. */
    seen(launchId: string, { working }: { working: boolean }): void {
      seen.set(launchId, now());
      if (working) worked.set(launchId, now());
    },

    lastSeenAt: (machine: AliveMachine) => seen.get(machine.launch_id) ?? machine.last_seen_at,

    /** What planning wants to know of a machine. */
    pictureOf(machine: AliveMachine, holds: readonly string[]): MachinePicture {
      const { launch_id: launchId } = machine;
      const idleSince = worked.get(launchId) ?? machine.idle_since;
      return {
        launchId,
        state: machine.state,
        project: machine.project,
        slots: machine.slots,
        running: machine.running,
        holds,
        // While nobody listened, it could not register.
        requestedAt: sinceListening(machine.requested_at),
        movedAt: sinceListening(Math.max(machine.requested_at, moved.get(launchId) ?? 0)),
        lastSeenAt: sinceListening(seen.get(launchId) ?? machine.last_seen_at),
        idleSince: machine.running > 0 || idleSince === null ? null : past(idleSince),
        unused: machine.running === 0 && idleSince === machine.registered_at,
        stoppedAt: machine.stopped_at,
        unstartableAt: machine.reason === "unstartable" ? machine.requested_at : null,
        outdated: machine.outdated === 1,
      };
    },
  };
}
