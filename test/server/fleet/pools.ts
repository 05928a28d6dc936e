import { NOTHING_SPENT } from "../../../server/fleet/budget.ts";
import { NO_FAILURES } from "../../../server/fleet/backoff.ts";
import type { FleetAction, MachineSnapshot, PoolSnapshot } from "../../../server/fleet/snapshot.ts";
import { plan } from "../../../server/fleet/plan.ts";
import type { FleetPolicy } from "../../../server/providers/policy.ts";

export const now = Date.UTC(2026, 0, 1, 12);
export const ago = (ms: number) => now - ms;
export const DAY_MS = 24 * 60 * 60 * 1000;
export const policy: FleetPolicy = {
  idleMs: 60_000,
  maxMachines: 2,
  maxInAll: Infinity,
  bootMs: 30_000,
  bootMostMs: 120_000,
  silentMs: 60_000,
  spare: 0,
  expectedSlots: 4,
  keptMs: 7 * DAY_MS,
  coolDown: { firstMs: 60_000, maxMs: 900_000 },
  budget: undefined,
  hints: true,
};

export const machine = (changes: Partial<MachineSnapshot> = {}): MachineSnapshot => ({
  launchId: "m1",
  state: "ready",
  project: "a/a",
  slots: 4,
  running: 0,
  holds: [],
  requestedAt: now,
  movedAt: changes.requestedAt ?? now,
  lastSeenAt: now,
  idleSince: null,
  unused: false,
  stoppedAt: null,
  outdated: false,
  unstartableAt: null,
  ...changes,
});
export const stopped = (changes: Partial<MachineSnapshot> = {}) =>
  machine({ state: "stopped", stoppedAt: ago(1000), ...changes });

export const nothing: PoolSnapshot = {
  pool: "shared",
  waiting: [],
  hinted: undefined,
  minAwake: 0,
  owner: "a/a",
  failures: NO_FAILURES,
  spent: NOTHING_SPENT,
  capacity: Infinity,
  machines: [],
};

export const runs = (count: number, project = "a/a") => Array<string>(count).fill(project);
export const planFor = (waiting: number, ...machines: MachineSnapshot[]) =>
  planOf({ waiting: runs(waiting), machines });

export function planOf(snapshot: Partial<PoolSnapshot>, by = policy, at = now): string[] {
  return plan({ ...nothing, ...snapshot }, by, at).map(inWords);
}

function inWords(action: FleetAction): string {
  switch (action.type) {
    case "launch":
      return "launch";
    case "start":
      return `start ${action.launchId}`;
    case "charge":
      return `charge ${action.launchId} ${action.project}`;
    case "give_up":
      return `give up ${action.project ?? "all"} ${action.reason}`;
    default:
      return `${action.type} ${action.launchId} ${action.reason}`;
  }
}
