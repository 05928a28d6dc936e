import { NOTHING_SPENT, type PricedWake } from "../../server/fleet/budget.ts";
import { NO_FAILURES } from "../../server/fleet/backoff.ts";
import type { MachineSnapshot } from "../../server/fleet/snapshot.ts";
import { plan } from "../../server/fleet/plan.ts";
import type { FleetPolicy } from "../../server/providers/policy.ts";
import type { WakeTime } from "../../setup/costs/wake-times.ts";
import { exponential, type Asked, type Random } from "./traffic.ts";

/** Boot times and lifetimes of machines. Assumed, not measured on AWS. */
export interface Provider {
  restarts: boolean;
  launch: WakeTime;
  start: WakeTime;
  /** Mean time until a machine is taken back; Infinity: never. */
  takenBackMs: number;
}

export interface DaysOutcome {
  /** For each run: from the press to the claim of the attempt that ended it. */
  waitsMs: number[];
  /** Hours of running machines. */
  machineHours: number;
  /** Hours of existing machines, running or stopped. */
  diskHours: number;
  launches: number;
  starts: number;
  takenBack: number;
}

interface Held {
  run: Asked;
  until: number;
}

interface Machine extends MachineSnapshot {
  readyAt: number;
  takenBackAt: number;
  held: Held[];
  wake: PricedWake;
}

const STEP_MS = 1000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SLOTS = 4;
const PROJECT = "a/blog";

/** Simulates days in steps of a second; the fleet's own plan decides. No machine exists at the start. */
export function liveThrough(
  asked: readonly Asked[],
  days: number,
  policy: FleetPolicy,
  provider: Provider,
  random: Random,
): DaysOutcome {
  const outcome: DaysOutcome = {
    waitsMs: [],
    machineHours: 0,
    diskHours: 0,
    launches: 0,
    starts: 0,
    takenBack: 0,
  };
  const wakes: PricedWake[] = [];
  let machines: Machine[] = [];
  const waiting: Asked[] = [];
  let next = 0;

  const bootMs = ({ leastS, maxS }: WakeTime) => 1000 * (leastS + (maxS - leastS) * random());
  const wake = (machine: Omit<Machine, "wake">, now: number, time: WakeTime): Machine => {
    const priced: PricedWake = { project: PROJECT, hinted: false, requestedAt: now, endedAt: null };
    wakes.push(priced);
    return {
      ...machine,
      state: "launching",
      requestedAt: now,
      movedAt: now,
      readyAt: now + bootMs(time),
      takenBackAt: now + exponential(random, provider.takenBackMs),
      wake: priced,
    };
  };
  const end = (machine: Machine, now: number) => {
    machine.wake.endedAt = now;
    if (provider.restarts) {
      machine.state = "stopped";
      machine.stoppedAt = now;
    } else {
      machines = machines.filter((one) => one !== machine);
    }
  };

  const lastMs = days * DAY_MS;
  for (let now = 0; now < lastMs; now += STEP_MS) {
    outcome.diskHours += (machines.length * STEP_MS) / HOUR_MS;
    while (next < asked.length && asked[next]!.atMs <= now) waiting.push(asked[next++]!);
    const isQuiet = waiting.length === 0 && machines.every(({ state }) => state === "stopped");
    if (isQuiet && now % HOUR_MS !== 0) continue;

    for (const machine of machines) {
      if (machine.state === "stopped") continue;
      machine.lastSeenAt = now;
      if (machine.takenBackAt <= now) {
        outcome.takenBack++;
        waiting.unshift(...machine.held.map(({ run }) => run));
        machine.wake.endedAt = now;
        machines = machines.filter((one) => one !== machine);
        continue;
      }
      if (machine.state === "launching" && machine.readyAt <= now) {
        machine.state = "ready";
        machine.idleSince = now;
        machine.unused = true;
      }
      if (machine.state !== "ready") continue;
      const over = machine.held.filter(({ until }) => until <= now);
      for (const { run, until } of over) outcome.waitsMs.push(until - run.forMs - run.atMs);
      machine.held = machine.held.filter(({ until }) => until > now);
      while (machine.held.length < machine.slots && waiting.length > 0) {
        const run = waiting.shift()!;
        machine.held.push({ run, until: now + run.forMs });
      }
      machine.running = machine.held.length;
      if (machine.running > 0) machine.unused = false;
      if (machine.running > 0 || over.length > 0) machine.idleSince = now;
      // The responder's own timer fires before the server's.
      if (machine.running === 0 && now - machine.idleSince! >= policy.idleMs) end(machine, now);
    }

    const snapshot = {
      pool: "shared",
      waiting: waiting.slice(0, 1000).map(() => PROJECT),
      hinted: undefined,
      minAwake: 0,
      owner: "",
      failures: NO_FAILURES,
      spent: NOTHING_SPENT,
      capacity: Infinity,
      machines,
    };
    for (const action of plan(snapshot, policy, now)) {
      const machine =
        "launchId" in action && machines.find((one) => one.launchId === action.launchId);
      if (action.type === "launch") {
        outcome.launches++;
        machines.push(wake(newMachine(`m${outcome.launches}`), now, provider.launch));
      } else if (action.type === "start" && machine) {
        outcome.starts++;
        machines[machines.indexOf(machine)] = wake(machine, now, provider.start);
      } else if (action.type === "stop" && machine) {
        const isKept = action.reason === "idle" && machine.state === "ready";
        if (isKept) end(machine, now);
        else {
          machine.wake.endedAt ??= now;
          machines = machines.filter((one) => one !== machine);
        }
      }
    }
  }
  for (const { requestedAt, endedAt } of wakes) {
    // A wake is billed for at least a minute.
    outcome.machineHours += Math.max((endedAt ?? lastMs) - requestedAt, 60_000) / HOUR_MS;
  }
  return outcome;
}

function newMachine(launchId: string): Omit<Machine, "wake"> {
  return {
    launchId,
    state: "launching",
    project: PROJECT,
    slots: SLOTS,
    running: 0,
    holds: [],
    requestedAt: 0,
    movedAt: 0,
    lastSeenAt: 0,
    idleSince: null,
    unused: false,
    stoppedAt: null,
    unstartableAt: null,
    outdated: false,
    readyAt: 0,
    takenBackAt: Infinity,
    held: [],
  };
}
