import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { Market } from "../../protocol/machines.ts";
import type { ReasonCode } from "../../protocol/reasons.ts";
import type { LeaveReason } from "../../protocol/responder.ts";
import type { LaunchFile } from "../../protocol/registration.ts";
import { oneAtATime } from "../database/one-at-a-time.ts";
import type { Database } from "../database/database.ts";
import type { Compute } from "../providers/compute.ts";
import { oneLine } from "../providers/one-line.ts";
import type { FleetPolicy } from "../providers/policy.ts";
import type { MachineKinds } from "../providers/provider.ts";
import type { Leases } from "../runs/leases.ts";
import type { Runs } from "../runs/runs.ts";
import { atMostEvery } from "./at-most-every.ts";
import { createBackground } from "./background.ts";
import { createMachineActions } from "./by-hand.ts";
import type { LoopWatch } from "./clocks.ts";
import { createHeartbeats } from "./heartbeat.ts";
import { createLauncher, type WakeRequest } from "./launch.ts";
import { createLoop } from "./loop.ts";
import { createMachineViews } from "./machine-views.ts";
import { findMachine } from "./machines.ts";
import { createManualControl } from "./manual.ts";
import { createPlanner } from "./planner.ts";
import { createTerminator, terminateFleet } from "./terminate.ts";
import { createWakeNews } from "./waiting-runs.ts";

export interface FleetDeps {
  database: Database;
  compute: Compute;
  runs: Runs;
  leases: Leases;
  policy: FleetPolicy;
  /** Absent: machines are all alike and cost nothing. */
  kinds?: MachineKinds | undefined;
  /** Of this server, to compare with that of machines. */
  release?: string | undefined;
  launchFile: (launchId: string, market?: Market) => LaunchFile;
  now: () => number;
  /** A monotonic clock, in milliseconds. */
  steady: () => number;
  loop: LoopWatch;
  log: Logger;
}

export type Fleet = ReturnType<typeof createFleet>;

/** How long a closing server waits for a provider whose machines go on without it. */
const CLOSE_MS = 3000;
/** Most characters of a failed set-up's reason that readers see. */
const SAID_CHARACTERS = 300;
/** Plans for changed demand are this far apart: a plan takes about a millisecond. */
const DEMAND_MS = 100;

/** Keeps as many machines as the waiting runs need, for as long as they are needed. */
export function createFleet(deps: FleetDeps) {
  const { database, compute, runs, policy, now, log } = deps;
  const { queries } = database;
  const heartbeats = createHeartbeats(deps);
  const background = createBackground(log);
  const news = createWakeNews({ queries, runs });
  const requested = new Map<string, WakeRequest>();
  let closing = false;

  const changed = () => {
    if (!closing) background.run(reconsider(), "the fleet could not be planned");
  };
  const { moved } = heartbeats;
  const parts = { ...deps, queries, background, heartbeats, news, requested, moved, changed };
  const terminator = createTerminator(parts);
  const launcher = createLauncher({ ...parts, terminator });
  const planAll = createPlanner({ ...parts, terminator, launcher });
  const reconsider = oneAtATime(async () => {
    if (closing) return;
    await heartbeats.checkClocks();
    await planAll();
  });
  const machineDeps = { ...parts, kinds: deps.kinds, release: deps.release, terminator, launcher };
  const actions = createMachineActions({ ...machineDeps, endPoll: runs.endPoll });
  const manual = createManualControl({ queries, policy, now, terminator, requested, reconsider });
  const loop = createLoop({ ...parts, terminator, launcher, reconsider });

  compute.onEnd?.(({ launchId, reason, detail }) => {
    const end = terminator.recordEnd(launchId, "gone", reason, { detail });
    background.run(end, "a machine's end could not be recorded");
  });

  return {
    /** Resumes what an earlier server left unfinished, then ticks every second. */
    begin: loop.begin,

    /** One round of the loop. */
    tick: loop.tick,

    /** Plans again, soon; never throws. */
    reconsider: changed,

    /** The same after a change of the work that waits: at once after a pause, and together while many change it. */
    demand: atMostEvery(DEMAND_MS, changed),

    /** Records a boot's progress. */
    progress: launcher.progress,

    /** A machine reports that its set-up failed. Ignored once it has come up. */
    bootFailed(launchId: string, reason: ReasonCode, why: string): void {
      const end = async () => {
        if ((await findMachine(queries, launchId))?.state !== "launching") return;
        log.error({ machine: launchId, reason, why }, "a machine could not be set up");
        await terminator.stop(launchId, reason, {
          detail: why,
          ...(reason === "boot_failed" ? { said: oneLine(why, SAID_CHARACTERS) } : {}),
        });
      };
      background.run(end(), "a failed set-up could not be recorded");
    },

    /** A call from a machine's responder; `working`: the call is about a run. */
    heard: heartbeats.heard,

    ...manual,

    /** Machines as people see them. */
    views: createMachineViews(machineDeps),

    /** A person's actions on machines. */
    actions,

    /** A machine asks to leave: refused while it is needed, unless it can't stay. */
    async leave(launchId: string, reason: LeaveReason): Promise<"leaving" | "work_waiting"> {
      const left = await terminator.leave(launchId, reason ?? "idle");
      if (reason) changed();
      // It powers itself off as well; stopping it now saves the next run the wait until a list shows that.
      else if (left && compute.outlivesServer) {
        background.run(terminator.stop(launchId, "idle"), "an idle machine could not be stopped");
      }
      return left ? "leaving" : "work_waiting";
    },

    /** Stops planning; machines that end with the server are stopped, and their end is awaited. */
    async close(): Promise<void> {
      closing = true;
      await loop.end();
      await reconsider.idle();
      if (compute.outlivesServer) await Promise.race([background.settled(), sleep(CLOSE_MS)]);
      else await terminateFleet(terminator, parts);
      await reconsider.idle();
      background.end();
    },
  };
}
