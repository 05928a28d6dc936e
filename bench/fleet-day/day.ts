import { usedToday, NOTHING_SPENT, type PricedWake } from "../../server/fleet/budget.ts";
import { NO_FAILURES } from "../../server/fleet/outlook.ts";
import { plan, type FleetPolicy, type MachinePicture } from "../../server/fleet/plan.ts";
import { exponential, type Asked, type Random } from "./traffic.ts";

/** How long a machine takes to come up, and how often it is taken back. Stated, not measured on AWS. */
export interface Provider {
  restarts: boolean;
  coldMs: number;
  warmMs: number;
  /** Times are spread by this: 0.2 gives 9 in 10 between 0.7 and 1.4 of the middle one. */
  spread: number;
  /** Mean time until a machine is taken back; Infinity: never. */
  takenBackMs: number;
}

export interface DayOutcome {
  /** From the press to the claim of the attempt that ended it, each run's. */
  waitsMs: number[];
  machineHours: number;
  launches: number;
  starts: number;
  takenBack: number;
}

interface Held {
  run: Asked;
  until: number;
}

interface Machine extends MachinePicture {
  readyAt: number;
  takenBackAt: number;
  held: Held[];
  wake: PricedWake;
}

const STEP_MS = 1000;
const DAY_MS = 24 * 3_600_000;
const SLOTS = 4;
const PROJECT = "a/blog";

/** Lets a day go by, second by second, with the fleet's own plan deciding. */
export function liveThrough(
  asked: readonly Asked[],
  policy: FleetPolicy,
  provider: Provider,
  random: Random,
): DayOutcome {
  const outcome: DayOutcome = {
    waitsMs: [],
    machineHours: 0,
    launches: 0,
    starts: 0,
    takenBack: 0,
  };
  const wakes: PricedWake[] = [];
  let machines: Machine[] = [];
  const waiting: Asked[] = [];
  let next = 0;

  const bootMs = (ms: number) => ms * Math.exp(provider.spread * normal(random));
  const wake = (machine: Omit<Machine, "wake">, now: number, ms: number): Machine => {
    const priced: PricedWake = { project: PROJECT, hinted: false, requestedAt: now, endedAt: null };
    wakes.push(priced);
    return {
      ...machine,
      state: "launching",
      requestedAt: now,
      movedAt: now,
      readyAt: now + bootMs(ms),
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

  for (let now = 0; now < DAY_MS; now += STEP_MS) {
    while (next < asked.length && asked[next]!.atMs <= now) waiting.push(asked[next++]!);
    if (waiting.length === 0 && machines.every(({ state }) => state === "stopped")) continue;

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
      if (machine.running > 0 || over.length > 0) machine.idleSince = now;
      // The responder's own timer goes before the server's.
      if (machine.running === 0 && now - machine.idleSince! >= policy.idleMs) end(machine, now);
    }

    const picture = {
      pool: "shared",
      waiting: waiting.slice(0, 1000).map(() => PROJECT),
      hinted: undefined,
      failures: NO_FAILURES,
      spent: NOTHING_SPENT,
      room: Infinity,
      machines,
    };
    for (const action of plan(picture, policy, now)) {
      const machine =
        "launchId" in action && machines.find((one) => one.launchId === action.launchId);
      if (action.type === "launch") {
        outcome.launches++;
        machines.push(wake(newMachine(`m${outcome.launches}`), now, provider.coldMs));
      } else if (action.type === "start" && machine) {
        outcome.starts++;
        machines[machines.indexOf(machine)] = wake(machine, now, provider.warmMs);
      } else if (action.type === "stop" && machine) {
        machine.wake.endedAt ??= now;
        machines = machines.filter((one) => one !== machine);
      }
    }
  }
  outcome.machineHours = usedToday(wakes, DAY_MS - 1).all;
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
    stoppedAt: null,
    unstartableAt: null,
    outdated: false,
    readyAt: 0,
    takenBackAt: Infinity,
    held: [],
  };
}

/** A number from the normal distribution (Box and Muller). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
