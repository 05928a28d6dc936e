import type { FleetPolicy } from "../providers/policy.ts";
import type { FleetAction, PoolSnapshot } from "./snapshot.ts";
import { plan } from "./plan.ts";

/** How long a machine works for its pool before another pool may take its place. */
const SHARE_MS = 60_000;

type Alive = PoolSnapshot["machines"][number] & { pool: string };

/**
 * The order in which pools get machines where there are not enough for all: those with the fewest first,
 * then those whose oldest run waits longest. The pools come in that second order.
 */
export function orderPools(pools: readonly PoolSnapshot[]): PoolSnapshot[] {
  const count = ({ machines }: PoolSnapshot) => machines.filter(isThere).length;
  return pools.toSorted((a, b) => count(a) - count(b));
}

/** How many machines may be woken, all pools together. A leaving machine frees its place at once. */
export function countCapacity(pools: readonly PoolSnapshot[], policy: FleetPolicy): number {
  return Math.max(0, policy.maxInAll - pools.flatMap(staying).length);
}

/**
 * Picks a machine to end where all places are taken and a pool with work has none. An idle machine stops at
 * once; of working ones, one of the pool with most, else the oldest, is drained. One at a time, so that
 * there is never more than one machine too many.
 */
export function choosePreemption(
  pools: readonly PoolSnapshot[],
  policy: FleetPolicy,
  now: number,
): (FleetAction & { type: "stop" | "drain" }) | undefined {
  if (countCapacity(pools, policy) > 0) return undefined;
  if (pools.some(({ machines }) => machines.some(({ state }) => state === "leaving"))) {
    return undefined;
  }
  const isStarved = (pool: PoolSnapshot) =>
    pool.waiting.length > 0 &&
    !pool.machines.some(isThere) &&
    plan({ ...pool, capacity: Infinity }, policy, now).some(
      ({ type }) => type === "launch" || type === "start",
    );
  if (!pools.some(isStarved)) return undefined;

  const candidates = pools.flatMap(staying).filter(({ state }) => state === "ready");
  const needed = new Set(pools.filter(({ waiting }) => waiting.length > 0).map(({ pool }) => pool));
  const [idle] = candidates
    .filter(
      ({ pool, running, idleSince }) => !needed.has(pool) && running === 0 && idleSince !== null,
    )
    .toSorted((a, b) => (a.idleSince ?? 0) - (b.idleSince ?? 0));
  if (idle) return { type: "stop", launchId: idle.launchId, reason: "idle" };

  const inPool = Map.groupBy(candidates, ({ pool }) => pool);
  const alike = ({ pool }: Alive) => inPool.get(pool)?.length ?? 0;
  const [working] = candidates
    .filter(({ requestedAt }) => now - requestedAt > SHARE_MS)
    .toSorted((a, b) => alike(b) - alike(a) || a.requestedAt - b.requestedAt);
  return working && { type: "drain", launchId: working.launchId, reason: "making_room" };
}

function staying({ pool, machines }: PoolSnapshot): Alive[] {
  return machines
    .filter(({ state }) => state === "launching" || state === "ready")
    .map((machine) => ({ ...machine, pool }));
}

function isThere({ state }: PoolSnapshot["machines"][number]): boolean {
  return state !== "stopped";
}
