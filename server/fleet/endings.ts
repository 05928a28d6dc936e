import type { FleetPolicy } from "../providers/policy.ts";
import type { FleetAction, MachineSnapshot, PoolSnapshot, StopReason } from "./snapshot.ts";

export type PlannedEnding = FleetAction & { type: "stop" | "drain" };

/** The server's own idle sweep waits this much longer than the responder's timer, which goes first. */
const IDLE_GRACE_MS = 30_000;

/** The end of a machine, if it is to end. */
export function planEnding(
  machine: MachineSnapshot,
  pool: PoolSnapshot,
  policy: FleetPolicy,
  now: number,
): PlannedEnding | undefined {
  const { launchId } = machine;
  const stop = (reason: StopReason): PlannedEnding => ({ type: "stop", launchId, reason });
  const silent = now - machine.lastSeenAt > policy.silentMs;
  const unpaid = isSpent(pool, machine.project);
  switch (machine.state) {
    case "launching":
      if (unpaid) return stop("budget_spent");
      return isOverdue(machine, policy, now) ? stop("boot_failed") : undefined;
    case "ready": {
      if (silent) return stop("machine_gone");
      if (unpaid) {
        if (machine.running === 0) return stop("budget_spent");
        return { type: "drain", launchId, reason: "budget_spent" };
      }
      if (machine.idleSince === null || machine.running > 0 || pool.waiting.length > 0) {
        return undefined;
      }
      return now - machine.idleSince > policy.idleMs + IDLE_GRACE_MS ? stop("idle") : undefined;
    }
    case "leaving":
      return silent ? stop("machine_gone") : undefined;
    case "stopped":
      if (machine.outdated) return stop("outdated");
      // In both directions: the clock may have been set back since.
      return Math.abs(now - (machine.stoppedAt ?? 0)) > policy.keptMs ? stop("unused") : undefined;
    default:
      return machine.state satisfies never;
  }
}

/** Slow mirrors and busy hosts delay set-ups: a boot that moves is awaited, up to a limit. */
function isOverdue(
  { requestedAt, movedAt }: MachineSnapshot,
  { bootMs, bootMostMs }: FleetPolicy,
  now: number,
): boolean {
  return now - movedAt > bootMs || now - requestedAt > Math.max(bootMs, bootMostMs);
}

/** The endings but those of idle machines that the pool keeps awake. */
export function keepAwake(
  { machines, minAwake }: PoolSnapshot,
  endings: readonly PlannedEnding[],
): PlannedEnding[] {
  const ending = new Set(endings.map(({ launchId }) => launchId));
  const awake = machines.filter(
    ({ launchId, state }) => (state === "launching" || state === "ready") && !ending.has(launchId),
  );
  const idle = endings.filter(({ reason }) => reason === "idle");
  const kept = new Set(idle.slice(0, Math.max(0, minAwake - awake.length)));
  return endings.filter((one) => !kept.has(one));
}

export function isSpent({ spent }: PoolSnapshot, project: string): boolean {
  return spent.all || spent.projects.has(project);
}
