import type { FleetPolicy } from "../providers/policy.ts";
import { permitWake } from "./backoff.ts";
import { renewsAt } from "./budget.ts";
import { planEnding, isSpent, keepAwake, type PlannedEnding } from "./endings.ts";
import type { FleetAction, MachineSnapshot, PlannedCause, PoolSnapshot } from "./snapshot.ts";

type Charge = FleetAction & { type: "charge" };

/** Machines call at least every 20 s. Free slots of a silent machine do not delay a wake. */
const QUIET_MS = 25_000;

/** How long others replace a machine that could not be started. */
const UNSTARTABLE_MS = 5 * 60_000;

/** Decides which machines to wake and to end. Pure: time is an argument. */
export function plan(given: PoolSnapshot, policy: FleetPolicy, now: number): FleetAction[] {
  const charges = given.machines.flatMap((machine) => chargeOf(machine, given) ?? []);
  const pool = { ...given, machines: given.machines.map((machine) => chargedTo(machine, charges)) };
  const endings = keepAwake(
    pool,
    pool.machines.flatMap(
      (machine) =>
        planEnding(machine, pool, policy, now) ?? spareOf(machine, pool, policy, now) ?? [],
    ),
  );
  const ending = new Set(endings.map(({ launchId }) => launchId));
  const rest = pool.machines.filter(({ launchId }) => !ending.has(launchId));
  const staying = rest.filter(({ state }) => state === "launching" || state === "ready");
  const [stopped, unstartable] = stoppedOf(rest, now);

  // The failure is recorded before another machine is woken.
  const failing = endings.some((one) => one.reason === "boot_failed");
  const wakes = failing ? [] : wakesFor(pool, staying, stopped, policy, now);
  const kept = stopped.length + endings.filter(({ reason }) => reason === "idle").length;
  if (!failing && wakes.length === 0) wakes.push(...sparesFor(pool, staying, kept, policy, now));
  const woken = new Set(wakes.map((wake) => wake.type === "start" && wake.launchId));
  const alive = staying.length + wakes.length;
  const surplus = [
    ...stopped
      .filter(({ launchId }) => !woken.has(launchId))
      .slice(Math.max(0, policy.maxMachines - alive)),
    ...unstartable.slice(policy.maxMachines),
  ].map(({ launchId }): PlannedEnding => ({ type: "stop", launchId, reason: "unused" }));
  return [
    ...charges,
    ...endings,
    ...surplus,
    ...wakes,
    ...(alive === 0 && !failing ? giveUps(pool, policy, now) : []),
  ];
}

function wakesFor(
  pool: PoolSnapshot,
  staying: readonly MachineSnapshot[],
  stopped: readonly MachineSnapshot[],
  policy: FleetPolicy,
  now: number,
): (FleetAction & { type: "launch" | "start" })[] {
  const free = staying
    .filter(({ state, lastSeenAt }) => state === "launching" || now - lastSeenAt <= QUIET_MS)
    .reduce((sum, machine) => sum + machine.slots - machine.running, 0);
  // Runs of a project without budget use slots that others pay for.
  let unmet = pool.waiting.slice(Math.max(0, free));
  const { hinted, minAwake, owner } = pool;
  const isHint = unmet.length === 0 && staying.length === 0 && hinted !== undefined;
  if (isHint) unmet = [hinted];
  const wakes: ReturnType<typeof wakesFor> = [];
  const capacity = allowedWakes(pool, staying, policy, now);
  const wake = (project: string, cause: PlannedCause) => {
    const warm = stopped[wakes.length];
    if (warm) wakes.push({ type: "start", launchId: warm.launchId, project, cause });
    else wakes.push({ type: "launch", project, cause });
    return warm?.slots ?? policy.expectedSlots;
  };
  while (wakes.length < capacity) {
    const project = unmet.find((one) => !isSpent(pool, one));
    if (project === undefined) break;
    unmet = unmet.slice(wake(project, isHint ? "hint" : "run"));
  }
  const isShort = () => staying.length + wakes.length < minAwake && !isSpent(pool, owner);
  while (wakes.length < capacity && isShort()) wake(owner, "min_awake");
  return wakes;
}

/** How many machines may be woken; after a failure one at a time, until one works. */
function allowedWakes(
  pool: PoolSnapshot,
  staying: readonly MachineSnapshot[],
  policy: FleetPolicy,
  now: number,
): number {
  // A leaving machine is replaced before it is gone, but machines that can't be ended must not pile up.
  const leaving = pool.machines.filter(({ state }) => state === "leaving").length;
  const beyond = Math.max(0, leaving - policy.maxMachines);
  const most = Math.min(pool.capacity, Math.max(0, policy.maxMachines - beyond - staying.length));
  if (pool.failures.count === 0) return most;
  if (staying.some(({ state }) => state === "launching")) return 0;
  const open = permitWake(pool.failures, policy.coolDown, now).type === "open";
  return open ? Math.min(1, most) : 0;
}

/** A spare machine, launched beside a working one: it is stopped once it has come up. */
function sparesFor(
  pool: PoolSnapshot,
  staying: readonly MachineSnapshot[],
  kept: number,
  policy: FleetPolicy,
  now: number,
): (FleetAction & { type: "launch" })[] {
  if (kept >= policy.spare || kept + staying.length >= policy.maxMachines) return [];
  // It may be the spare, which its provider is stopping.
  if (pool.machines.some(({ state }) => state === "leaving")) return [];
  // No wake is under way, and the last machine is in use.
  const isAtWork = staying.every(({ state, unused }) => state === "ready" && !unused);
  const payer = staying.find(({ project }) => !isSpent(pool, project));
  if (!isAtWork || !payer || pool.failures.count > 0) return [];
  return allowedWakes(pool, staying, policy, now) > 0
    ? [{ type: "launch", project: payer.project, cause: "spare" }]
    : [];
}

/** The end of a machine that came up as a spare; undefined where it is needed. */
function spareOf(
  machine: MachineSnapshot,
  pool: PoolSnapshot,
  policy: FleetPolicy,
  now: number,
): PlannedEnding | undefined {
  const { launchId, state, unused, stoppedAt } = machine;
  if (state !== "ready" || !unused || pool.waiting.length > 0) return undefined;
  // It was started for a run, and the next may come at any moment.
  if (stoppedAt !== null) return undefined;
  if (stoppedOf(pool.machines, now)[0].length >= policy.spare) return undefined;
  const hasRoom = (one: MachineSnapshot) =>
    one.state === "ready" && !one.unused && one.running < one.slots;
  return pool.machines.some(hasRoom) ? { type: "stop", launchId, reason: "idle" } : undefined;
}

/** Ends waiting runs where no machine is there, on its way or to be had. */
function giveUps(
  pool: PoolSnapshot,
  policy: FleetPolicy,
  now: number,
): (FleetAction & { type: "give_up" })[] {
  if (pool.waiting.length === 0) return [];
  const budget = { type: "give_up", reason: "budget_spent", again: renewsAt(now) } as const;
  if (pool.spent.all) return [{ ...budget, project: undefined }];
  const permission = permitWake(pool.failures, policy.coolDown, now);
  if (permission.type === "refused")
    return [{ ...permission, type: "give_up", project: undefined }];
  const stuck = pool.machines.filter(({ state }) => state === "leaving");
  if (
    stuck.length >= 2 * policy.maxMachines &&
    stuck.every(({ lastSeenAt }) => now - lastSeenAt > policy.silentMs)
  ) {
    const again = now + policy.coolDown.firstMs;
    return [{ type: "give_up", project: undefined, reason: "launch_refused", again }];
  }
  const spent = new Set(pool.waiting.filter((project) => isSpent(pool, project)));
  return [...spent].map((project) => ({ ...budget, project }));
}

/** Stopped machines, newest first: those that may be started, and those whose start just failed. */
function stoppedOf(
  machines: readonly MachineSnapshot[],
  now: number,
): [startable: MachineSnapshot[], unstartable: MachineSnapshot[]] {
  const stopped = machines
    .filter(({ state }) => state === "stopped")
    .toSorted((a, b) => (b.stoppedAt ?? 0) - (a.stoppedAt ?? 0));
  // In both directions: the clock may have been set back since.
  const isStartable = ({ unstartableAt }: MachineSnapshot) =>
    unstartableAt === null || Math.abs(now - unstartableAt) > UNSTARTABLE_MS;
  return [stopped.filter(isStartable), stopped.filter((machine) => !isStartable(machine))];
}

/** Where a machine's project has spent its budget, another project that needs the machine pays. */
function chargeOf({ launchId, state, project, holds }: MachineSnapshot, pool: PoolSnapshot) {
  if ((state !== "launching" && state !== "ready") || !isSpent(pool, project)) return undefined;
  const payer = [...holds, ...pool.waiting].find((one) => !isSpent(pool, one));
  return payer === undefined ? undefined : ({ type: "charge", launchId, project: payer } as Charge);
}

/** The machine with the project that pays from now on. */
function chargedTo(machine: MachineSnapshot, charges: readonly Charge[]): MachineSnapshot {
  const charge = charges.find(({ launchId }) => launchId === machine.launchId);
  return charge ? { ...machine, project: charge.project } : machine;
}
