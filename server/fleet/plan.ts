/** What the fleet decides from: demand and machines of one pool. */
export interface PoolPicture {
  pool: string;
  /** Runs that could be claimed now. */
  waiting: number;
  /** A reader may soon run something: one machine is wanted where there is none. */
  hinted: boolean;
  /** Launches that never registered since the last that did. */
  failedLaunches: FailedLaunches;
  machines: MachinePicture[];
}

export interface FailedLaunches {
  count: number;
  /** When the last of them was given up. */
  lastAt: number;
}

export interface MachinePicture {
  launchId: string;
  state: "launching" | "ready" | "leaving";
  slots: number;
  /** Runs it holds. */
  running: number;
  requestedAt: number;
  /** When its responder last called. */
  lastSeenAt: number;
  /** Since when it holds nothing; null while it does. */
  idleSince: number | null;
}

export interface FleetPolicy {
  /** Milliseconds without work after which a machine is stopped. */
  idleMs: number;
  /** Machines of one pool alive at one time. */
  maxMachines: number;
  /** Milliseconds within which a launch has to register. */
  bootMs: number;
  /** Milliseconds without a call after which a machine is taken for dead. */
  silentMs: number;
  /** Slots that a machine is expected to have before it says so. */
  expectedSlots: number;
}

export type FleetAction =
  | { type: "start"; pool: string }
  | { type: "stop"; launchId: string; reason: "idle" | "boot_failed" | "machine_gone" };

/** The server's own idle sweep waits this much longer than the responder's timer, which goes first. */
const IDLE_GRACE_MS = 30_000;

/** Milliseconds to the next launch after so many failed: 0.5 s, then twice as long each time. */
function launchDelayMs(failed: number): number {
  return failed === 0 ? 0 : Math.min(500 * 2 ** (failed - 1), 10_000);
}

/** What to start and what to stop, given who waits and what there is. */
export function plan(pool: PoolPicture, policy: FleetPolicy, now: number): FleetAction[] {
  const stops = pool.machines.flatMap((machine): FleetAction[] => {
    const reason = reasonToStop(machine, pool.waiting, policy, now);
    return reason ? [{ type: "stop", launchId: machine.launchId, reason }] : [];
  });
  const stopped = new Set(stops.map((stop) => stop.type === "stop" && stop.launchId));
  const staying = pool.machines.filter(
    (machine) => !stopped.has(machine.launchId) && machine.state !== "leaving",
  );
  const free = staying.reduce((sum, machine) => sum + machine.slots - machine.running, 0);
  const demanded = Math.ceil(Math.max(0, pool.waiting - free) / policy.expectedSlots);
  const wanted = Math.max(demanded, pool.hinted && staying.length === 0 ? 1 : 0);
  const room = mayLaunch(pool.failedLaunches, now)
    ? Math.max(0, policy.maxMachines - staying.length)
    : 0;
  const starts = Array.from({ length: Math.min(wanted, room) }, (): FleetAction => ({
    type: "start",
    pool: pool.pool,
  }));
  return [...stops, ...starts];
}

/** Launches that fail at once are not repeated at once. A clock that was set back delays nothing. */
function mayLaunch({ count, lastAt }: FailedLaunches, now: number): boolean {
  return lastAt > now || now - lastAt >= launchDelayMs(count);
}

function reasonToStop(
  machine: MachinePicture,
  waiting: number,
  policy: FleetPolicy,
  now: number,
): "idle" | "boot_failed" | "machine_gone" | undefined {
  switch (machine.state) {
    case "launching":
      return now - machine.requestedAt > policy.bootMs ? "boot_failed" : undefined;
    case "leaving":
      return now - machine.lastSeenAt > policy.silentMs ? "machine_gone" : undefined;
    case "ready": {
      if (now - machine.lastSeenAt > policy.silentMs) return "machine_gone";
      const idle = machine.idleSince !== null && waiting === 0;
      return idle && now - machine.idleSince! > policy.idleMs + IDLE_GRACE_MS ? "idle" : undefined;
    }
    default:
      return machine.state satisfies never;
  }
}
