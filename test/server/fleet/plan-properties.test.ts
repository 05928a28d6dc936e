import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FleetAction, MachineSnapshot, PoolSnapshot } from "../../../server/fleet/snapshot.ts";
import { plan } from "../../../server/fleet/plan.ts";
import { now, ago, DAY_MS, policy, machine } from "./pools.ts";

const moment = fc.integer({ min: 0, max: 8 * DAY_MS }).map(ago);
const project = fc.constantFrom("a/a", "b/b", "c/c");
const anyMachine = fc
  .record({
    state: fc.constantFrom("launching", "ready", "leaving", "stopped"),
    project,
    slots: fc.integer({ min: 1, max: 8 }),
    running: fc.integer({ min: 0, max: 8 }),
    requestedAt: fc.oneof(moment, fc.constant(now)),
    movedAt: fc.oneof(moment, fc.constant(now)),
    lastSeenAt: fc.oneof(moment, fc.constant(now)),
    idleSince: fc.oneof(moment, fc.constant(null)),
    unused: fc.boolean(),
    stoppedAt: moment,
    outdated: fc.boolean(),
    unstartableAt: fc.option(fc.integer({ min: now - 600_000, max: now })),
    holder: project,
  })
  .map((of): MachineSnapshot => {
    const running = of.state === "ready" || of.state === "leaving" ? of.running : 0;
    const holds = running > 0 ? [of.holder] : [];
    return { ...of, launchId: "", running: Math.min(running, of.slots), holds };
  });
const anyPool: fc.Arbitrary<PoolSnapshot> = fc
  .record({
    waiting: fc.array(project, { maxLength: 30 }),
    hinted: fc.option(project, { nil: undefined }),
    minAwake: fc.integer({ min: 0, max: 3 }),
    owner: project,
    failures: fc.record({
      count: fc.integer({ min: 0, max: 12 }),
      lasting: fc.integer({ min: 0, max: 12 }),
      lastAt: moment,
      reason: fc.constantFrom("boot_failed", "quota_reached", "launch_refused"),
    }),
    capacity: fc.constantFrom(0, 1, 2, Infinity),
    spent: fc.record({ all: fc.boolean(), projects: fc.array(project).map((of) => new Set(of)) }),
    machines: fc.array(anyMachine, { maxLength: 6 }),
  })
  .map(({ machines, failures, ...rest }) => ({
    ...rest,
    pool: "shared",
    failures: { ...failures, lasting: Math.min(failures.lasting, failures.count) },
    machines: machines.map((one, index) => ({ ...one, launchId: `m${index}` })),
  }));
const anyPolicy = fc
  .record({
    maxMachines: fc.integer({ min: 1, max: 4 }),
    expectedSlots: fc.constantFrom(1, 4),
    spare: fc.integer({ min: 0, max: 2 }),
  })
  .map((changes) => ({ ...policy, ...changes }));

/** What the pool is once the actions were done. */
function apply(pool: PoolSnapshot, actions: FleetAction[], slots: number): PoolSnapshot {
  let { machines, waiting, failures } = pool;
  const change = (launchId: string, changes: Partial<MachineSnapshot>) => {
    machines = machines.map((one) => (one.launchId === launchId ? { ...one, ...changes } : one));
  };
  const woken = { state: "launching", requestedAt: now, movedAt: now, lastSeenAt: now } as const;
  for (const [index, action] of actions.entries()) {
    switch (action.type) {
      case "launch":
        machines = [
          ...machines,
          machine({ ...woken, launchId: `new${index}`, slots, project: action.project }),
        ];
        break;
      case "start":
        change(action.launchId, { ...woken, project: action.project });
        break;
      case "stop":
        if (action.reason === "idle") {
          change(action.launchId, { state: "stopped", stoppedAt: now, unstartableAt: null });
          break;
        }
        machines = machines.filter((one) => one.launchId !== action.launchId);
        if (action.reason !== "boot_failed") break;
        failures = {
          count: failures.count + 1,
          lasting: failures.lasting + 1,
          lastAt: now,
          reason: "boot_failed",
        };
        break;
      case "charge":
        change(action.launchId, { project: action.project });
        break;
      case "drain":
        change(action.launchId, { state: "leaving" });
        break;
      case "give_up":
        waiting = action.project ? waiting.filter((of) => of !== action.project) : [];
        break;
      default:
        action satisfies never;
    }
  }
  // Places are counted over all pools: what wakes takes one, what goes leaves one.
  const capacity = pool.capacity + placesOf(pool.machines) - placesOf(machines);
  return {
    ...pool,
    machines,
    waiting,
    failures,
    capacity: Math.max(0, capacity),
    hinted: undefined,
  };
}

function placesOf(machines: readonly MachineSnapshot[]): number {
  return machines.filter(({ state }) => state === "launching" || state === "ready").length;
}

describe("whatever there is", () => {
  test("no idle machine is stopped that the pool keeps awake", () => {
    fc.assert(
      fc.property(anyPool, anyPolicy, (pool, given) => {
        const idle = plan(pool, given, now).flatMap((action) =>
          action.type === "stop" && action.reason === "idle" ? action.launchId : [],
        );
        const awake = pool.machines.filter(
          ({ launchId, state }) =>
            (state === "launching" || state === "ready") && !idle.includes(launchId),
        );
        if (idle.length > 0) expect(awake.length).toBeGreaterThanOrEqual(pool.minAwake);
      }),
    );
  });

  test("no more machines are alive or kept than the most, but for those there were", () => {
    fc.assert(
      fc.property(anyPool, anyPolicy, (pool, given) => {
        const actions = plan(pool, given, now);
        const after = apply(pool, actions, given.expectedSlots).machines;
        const isSpared = ({ state, unstartableAt }: MachineSnapshot) =>
          state === "stopped" && unstartableAt !== null && now - unstartableAt <= 300_000;
        const count = (states: string[], of = after) =>
          of.filter((one) => states.includes(one.state) && !isSpared(one)).length;
        const alive = ["launching", "ready"];
        if (actions.some(({ type }) => type === "launch" || type === "start")) {
          expect(count(alive)).toBeLessThanOrEqual(given.maxMachines);
        }
        const kept = count([...alive, "stopped"]);
        expect(kept).toBeLessThanOrEqual(Math.max(given.maxMachines, count(alive, pool.machines)));
        expect(after.filter(isSpared).length).toBeLessThanOrEqual(given.maxMachines);
      }),
    );
  });

  test("nothing is woken for a project whose budget is spent", () => {
    fc.assert(
      fc.property(anyPool, anyPolicy, (pool, given) => {
        for (const action of plan(pool, given, now)) {
          if (action.type !== "launch" && action.type !== "start") continue;
          expect(pool.spent.all || pool.spent.projects.has(action.project)).toBe(false);
        }
      }),
    );
  });

  test("a machine that holds a run is stopped only when it is silent", () => {
    fc.assert(
      fc.property(anyPool, anyPolicy, (pool, given) => {
        const held = new Set(
          pool.machines.filter(({ running }) => running > 0).map(({ launchId }) => launchId),
        );
        for (const action of plan(pool, given, now)) {
          if (action.type !== "stop" || !held.has(action.launchId)) continue;
          expect(action.reason).toBe("machine_gone");
        }
      }),
    );
  });

  test("what was decided once leaves nothing to decide, but for what an end means", () => {
    fc.assert(
      fc.property(anyPool, anyPolicy, (pool, given) => {
        const decided = plan(pool, given, now);
        let after = apply(pool, decided, given.expectedSlots);
        if (decided.some(({ type }) => type === "stop" || type === "drain")) {
          after = apply(after, plan(after, given, now), given.expectedSlots);
        }
        expect(plan(after, given, now)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });
});
