import type { Logger } from "pino";
import type { Database } from "../database/database.ts";
import type { Leases } from "../runs/leases.ts";
import type { Runs } from "../runs/runs.ts";
import { createClockWatch } from "./clock.ts";
import { aliveMachines, updateMachine, type AliveMachine } from "./machines.ts";
import type { MachinePicture } from "./plan.ts";
import { updateWake } from "./wakes.ts";

export interface SignsDeps {
  database: Database;
  runs: Runs;
  leases: Leases;
  now: () => number;
  /** A clock that never jumps, in milliseconds. */
  steady: () => number;
  log: Logger;
}

/** When machines were heard of, by a clock that may jump. */
export function createSigns({ database, runs, leases, now, steady, log }: SignsDeps) {
  const { queries } = database;
  const clockJumped = createClockWatch(now, steady);
  /** Before this nobody could call, or nobody can say when it was. */
  let listeningSince = now();
  /** Calls are frequent and their times need not survive a crash: they are written on the tick. */
  const seen = new Map<string, number>();
  /** The same for when a machine last had to do with a run. */
  const worked = new Map<string, number>();
  let forgetting: Promise<void> | undefined;

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
      if (machine.state === "launching") {
        await updateWake(queries, machine.launch_id, { requested_at: now() });
      }
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

  return {
    noticeJump,

    /** Writes down what was heard since the last time. */
    note: noteCalls,

    /** A call from a machine's responder, and whether it has to do with a run. */
    seen(launchId: string, { working }: { working: boolean }): void {
      seen.set(launchId, now());
      if (working) worked.set(launchId, now());
    },

    lastSeenAt: (machine: AliveMachine) => seen.get(machine.launch_id) ?? machine.last_seen_at,

    /** What planning wants to know of a machine. */
    pictureOf(machine: AliveMachine): MachinePicture {
      const { launch_id: launchId } = machine;
      return {
        launchId,
        state: machine.state,
        project: machine.project,
        slots: machine.slots,
        running: machine.running,
        // While nobody listened, it could not register.
        requestedAt: Math.max(machine.requested_at, listeningSince),
        lastSeenAt: Math.max(seen.get(launchId) ?? machine.last_seen_at, listeningSince),
        idleSince: machine.running > 0 ? null : (worked.get(launchId) ?? machine.idle_since),
        stoppedAt: machine.stopped_at,
        outdated: machine.outdated === 1,
      };
    },
  };
}
