import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NOTHING_SPENT, renewsAt } from "../../../server/fleet/budget.ts";
import { NO_FAILURES, type WakeFailures } from "../../../server/fleet/backoff.ts";
import type { FleetAction, MachineSnapshot, PoolSnapshot } from "../../../server/fleet/snapshot.ts";
import { plan } from "../../../server/fleet/plan.ts";
import type { FleetPolicy } from "../../../server/providers/policy.ts";

const now = Date.UTC(2026, 0, 1, 12);
const ago = (ms: number) => now - ms;
const DAY_MS = 24 * 60 * 60 * 1000;
const policy: FleetPolicy = {
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

const machine = (changes: Partial<MachineSnapshot> = {}): MachineSnapshot => ({
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
const stopped = (changes: Partial<MachineSnapshot> = {}) =>
  machine({ state: "stopped", stoppedAt: ago(1000), ...changes });

const nothing: PoolSnapshot = {
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

const runs = (count: number, project = "a/a") => Array<string>(count).fill(project);
const planFor = (waiting: number, ...machines: MachineSnapshot[]) =>
  planOf({ waiting: runs(waiting), machines });

function planOf(snapshot: Partial<PoolSnapshot>, by = policy, at = now): string[] {
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

describe("machines are launched", () => {
  test.for<[string, number, MachineSnapshot[], number]>([
    ["none while nothing waits", 0, [], 0],
    ["one for the first run", 1, [], 1],
    ["one for as many runs as it has slots", 4, [], 1],
    ["two for more", 5, [], 2],
    ["never more than the most", 100, [], 2],
    ["none while one on its way has room", 3, [machine({ state: "launching" })], 0],
    ["another when that one will be full", 5, [machine({ state: "launching" })], 1],
    ["none while a ready one has room", 1, [machine({ running: 3 })], 0],
    ["one when the ready one is full", 1, [machine({ running: 4 })], 1],
    ["none while one that called 25 s ago has room", 1, [machine({ lastSeenAt: ago(25_000) })], 0],
    ["one when that one called before", 1, [machine({ lastSeenAt: ago(25_001) })], 1],
    ["one beside a machine that is leaving", 1, [machine({ state: "leaving" })], 1],
  ])("%s", ([, waiting, machines, launches]) => {
    expect(planFor(waiting, ...machines)).toEqual(Array(launches).fill("launch"));
  });

  test("in the name of the project whose run is the first without a place", () => {
    const snapshot = { ...nothing, waiting: [...runs(4, "a/a"), "b/b"] };
    expect(plan(snapshot, policy, now)).toEqual([
      { type: "launch", project: "a/a", cause: "run" },
      { type: "launch", project: "b/b", cause: "run" },
    ]);
  });
});

describe("a stopped machine", () => {
  test("is started before another is launched, the one that was stopped last first", () => {
    const older = stopped({ launchId: "older", stoppedAt: ago(9000) });
    expect(planFor(1, older, stopped())).toEqual(["start m1"]);
    expect(planFor(5, older, stopped())).toEqual(["start m1", "start older"]);
    expect(planFor(5, stopped())).toEqual(["start m1", "launch"]);
  });

  test("is destroyed and not started where it was made by other settings", () => {
    const outdated = stopped({ outdated: true });
    expect(planFor(1, outdated)).toEqual(["stop m1 outdated", "launch"]);
  });

  test("one that could not be started is kept, and another is had for five minutes", () => {
    const short = stopped({ unstartableAt: ago(299_000) });
    expect(planFor(1, short)).toEqual(["launch"]);
    const sound = stopped({ launchId: "m2", stoppedAt: ago(9000) });
    expect(planFor(1, short, sound)).toEqual(["start m2"]);
    expect(planFor(1, stopped({ unstartableAt: ago(301_000) }))).toEqual(["start m1"]);
    // As many as there may be run already: it is kept all the same.
    expect(planFor(0, machine({ launchId: "m2" }), machine({ launchId: "m3" }), short)).toEqual([]);
  });

  test("is destroyed after seven days without use", () => {
    expect(planFor(0, stopped({ stoppedAt: ago(7 * DAY_MS) }))).toEqual([]);
    expect(planFor(0, stopped({ stoppedAt: ago(7 * DAY_MS + 1) }))).toEqual(["stop m1 unused"]);
  });

  test("is destroyed where there are more machines than the most, the oldest first", () => {
    const three = ["m1", "m2", "m3"].map((launchId, index) =>
      stopped({ launchId, stoppedAt: ago(index * 1000) }),
    );
    expect(planFor(0, ...three)).toEqual(["stop m3 unused"]);
    expect(planFor(0, machine({ launchId: "m0" }), ...three)).toEqual([
      "stop m2 unused",
      "stop m3 unused",
    ]);
  });
});

describe("machines are stopped", () => {
  test("when idle for longer than the responder's own timer and some", () => {
    expect(planFor(0, machine({ idleSince: ago(89_000) }))).toEqual([]);
    expect(planFor(0, machine({ idleSince: ago(91_000) }))).toEqual(["stop m1 idle"]);
  });

  test("but not for idleness while runs wait", () => {
    expect(planFor(1, machine({ idleSince: ago(91_000) }))).toEqual([]);
  });

  test("when they never registered; another one is launched when that is on record", () => {
    const late = machine({ state: "launching", requestedAt: ago(31_000) });
    expect(planFor(1, late)).toEqual(["stop m1 boot_failed"]);
    expect(planFor(5, late, machine({ launchId: "m2" }))).toEqual(["stop m1 boot_failed"]);
  });

  test("not when they come up slowly, but when they come no further, or take for ever", () => {
    const coming = (requested: number, moved: number) =>
      planFor(1, machine({ state: "launching", requestedAt: ago(requested), movedAt: ago(moved) }));
    expect(coming(119_000, 29_000)).toEqual([]);
    expect(coming(119_000, 31_000)).toEqual(["stop m1 boot_failed"]);
    expect(coming(121_000, 0)).toEqual(["stop m1 boot_failed"]);
  });

  test("when they fell silent, also on their way out", () => {
    const silent = { lastSeenAt: ago(61_000) };
    expect(planFor(0, machine(silent))).toEqual(["stop m1 machine_gone"]);
    expect(planFor(0, machine({ ...silent, state: "leaving" }))).toEqual(["stop m1 machine_gone"]);
  });
});

describe("a hint", () => {
  test("wakes one machine where there is none", () => {
    expect(planOf({ hinted: "a/a" })).toEqual(["launch"]);
    expect(planOf({ hinted: "a/a", waiting: runs(1) })).toEqual(["launch"]);
    expect(planOf({ hinted: "a/a", machines: [stopped()] })).toEqual(["start m1"]);
  });

  test("wakes none where one is there or on its way, and keeps none from being stopped", () => {
    const hinted = "a/a";
    expect(planOf({ hinted, machines: [machine({ running: 4 })] })).toEqual([]);
    expect(planOf({ hinted, machines: [machine({ state: "launching" })] })).toEqual([]);
    const idle = machine({ idleSince: ago(91_000) });
    expect(planOf({ hinted, machines: [idle, machine({ launchId: "m2" })] })).toEqual([
      "stop m1 idle",
    ]);
  });
});

describe("a budget that is spent", () => {
  const all = { all: true, projects: new Set<string>() };
  const of = (project: string) => ({ all: false, projects: new Set([project]) });

  test("starts nothing and leaves nobody waiting", () => {
    expect(planOf({ spent: all, waiting: runs(1) })).toEqual(["give up all budget_spent"]);
    expect(planOf({ spent: all, waiting: runs(1), machines: [stopped()] })).toEqual([
      "give up all budget_spent",
    ]);
    expect(planOf({ spent: all, hinted: "a/a" })).toEqual([]);
  });

  test("says that it begins anew at midnight UTC", () => {
    const [action] = plan({ ...nothing, spent: all, waiting: runs(1) }, policy, now);
    expect(action).toMatchObject({ again: Date.UTC(2026, 0, 2) });
    expect(renewsAt(now)).toBe(Date.UTC(2026, 0, 2));
  });

  test("lets machines go at once, and those that run something when that is over", () => {
    const machines = [
      machine(),
      machine({ launchId: "m2", running: 1 }),
      machine({ launchId: "m3", state: "launching" }),
      stopped({ launchId: "m4" }),
    ];
    expect(planOf({ spent: all, machines })).toEqual([
      "stop m1 budget_spent",
      "drain m2 budget_spent",
      "stop m3 budget_spent",
    ]);
  });

  test("is one project's own where it is that project's: others' runs still wake machines", () => {
    const waiting = ["a/a", "b/b"];
    const snapshot = { ...nothing, waiting, spent: of("a/a") };
    expect(plan(snapshot, policy, now)).toEqual([{ type: "launch", project: "b/b", cause: "run" }]);
    expect(planOf({ waiting: ["a/a"], spent: of("a/a") })).toEqual(["give up a/a budget_spent"]);
    const theirs = machine({ project: "b/b", running: 4, holds: ["b/b"] });
    expect(planOf({ waiting: ["a/a"], spent: of("a/a"), machines: [theirs] })).toEqual([]);
  });
});

describe("a machine whose project has spent its budget", () => {
  const spent = { all: false, projects: new Set(["a/a"]) };

  test("goes on for others whose runs it holds or who wait, and they pay for it", () => {
    const shared = machine({ running: 2, holds: ["a/a", "b/b"] });
    expect(planOf({ spent, machines: [shared] })).toEqual(["charge m1 b/b"]);
    expect(planOf({ spent, waiting: ["b/b"], machines: [machine()] })).toEqual(["charge m1 b/b"]);
    const coming = machine({ state: "launching" });
    expect(planOf({ spent, waiting: ["a/a", "b/b"], machines: [coming] })).toEqual([
      "charge m1 b/b",
    ]);
  });

  test("goes where nobody else needs it, or nobody has any budget left", () => {
    const own = machine({ running: 1, holds: ["a/a"] });
    expect(planOf({ spent, waiting: ["a/a"], machines: [own] })).toEqual([
      "drain m1 budget_spent",
      "give up a/a budget_spent",
    ]);
    const all = { all: true, projects: spent.projects };
    expect(planOf({ spent: all, waiting: ["b/b"], machines: [machine()] })).toEqual([
      "stop m1 budget_spent",
      "give up all budget_spent",
    ]);
  });
});

describe("machines that are leaving", () => {
  const leaving = (count: number, changes: Partial<MachineSnapshot> = {}) =>
    Array.from({ length: count }, (_, index) =>
      machine({ state: "leaving", launchId: `m${index}`, ...changes }),
    );

  test("are replaced, each once", () => {
    expect(planFor(9, ...leaving(2))).toEqual(["launch", "launch"]);
    expect(planFor(9, ...leaving(3))).toEqual(["launch"]);
    expect(planFor(9, ...leaving(4))).toEqual([]);
  });

  test("and can't be ended do not pile up, and nobody waits for that", () => {
    const stuck = leaving(4, { lastSeenAt: ago(61_000) });
    expect(planFor(1, ...stuck).at(-1)).toBe("give up all launch_refused");
    expect(planFor(1, ...stuck)).not.toContain("launch");
  });
});

describe("after wakes that failed", () => {
  const failed = (changes: Partial<WakeFailures>, ms: number): Partial<PoolSnapshot> => ({
    waiting: runs(1),
    failures: { count: 1, lasting: 0, reason: "boot_failed", lastAt: ago(ms), ...changes },
  });

  test("the next is later each time, up to ten seconds", () => {
    const after = (ms: number, count: number) => planOf(failed({ count }, ms));
    expect(after(499, 1)).toEqual([]);
    expect(after(500, 1)).toEqual(["launch"]);
    expect(after(999, 2)).toEqual([]);
    expect(after(1000, 2)).toEqual(["launch"]);
    expect(after(9999, 10)).toEqual([]);
    expect(after(10_000, 10)).toEqual(["launch"]);
    expect(after(-1, 1)).toEqual(["launch"]);
  });

  test("one machine is tried at a time, until one works", () => {
    const one = failed({ lasting: 1 }, 500);
    expect(planOf({ ...one, waiting: runs(8) })).toEqual(["launch"]);
    const machines = [machine({ state: "launching" })];
    expect(planOf({ ...one, waiting: runs(8), machines })).toEqual([]);
  });

  test("a boot that failed is tried again once, then everybody hears why", () => {
    expect(planOf(failed({ count: 1, lasting: 1 }, 500))).toEqual(["launch"]);
    expect(planOf(failed({ count: 2, lasting: 2 }, 2000))).toEqual(["give up all boot_failed"]);
  });

  test("what an operator has to mend is not tried again", () => {
    for (const reason of ["launch_refused", "quota_reached", "sandbox_missing"] as const) {
      expect(planOf(failed({ lasting: 1, reason }, 2000))).toEqual([`give up all ${reason}`]);
    }
  });

  test("one machine is tried a cool-down, which grows", () => {
    const after = (s: number, lasting: number) =>
      planOf({ ...failed({ count: lasting, lasting }, s * 1000), waiting: runs(9) });
    expect(after(59, 2)).toEqual(["give up all boot_failed"]);
    expect(after(60, 2)).toEqual(["launch"]);
    expect(after(119, 3)).toEqual(["give up all boot_failed"]);
    expect(after(120, 3)).toEqual(["launch"]);
    expect(after(899, 20)).toEqual(["give up all boot_failed"]);
    expect(after(900, 20)).toEqual(["launch"]);
  });

  test("nobody is given up while a machine is there or on its way", () => {
    const failures = failed({ count: 2, lasting: 2 }, 2000);
    expect(planOf({ ...failures, machines: [machine({ running: 4 })] })).toEqual([]);
    expect(planOf({ ...failures, machines: [machine({ state: "launching", slots: 0 })] })).toEqual(
      [],
    );
  });
});

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

describe("a spare machine", () => {
  const spare = { ...policy, maxMachines: 3, spare: 1 };
  const works = machine({ running: 1, project: "b/b" });
  const planned = (waiting: number, ...machines: MachineSnapshot[]) =>
    planOf({ waiting: runs(waiting), machines }, spare);

  test("is launched beside one that works, and stopped when it has come up", () => {
    expect(planned(0, works)).toEqual(["launch"]);
    const coming = machine({ launchId: "m2", state: "launching" });
    expect(planned(0, works, coming)).toEqual([]);
    const up = machine({ launchId: "m2", idleSince: ago(1000), unused: true });
    expect(planned(0, works, up)).toEqual(["stop m2 idle"]);
    expect(planned(0, works, stopped({ launchId: "m2" }))).toEqual([]);
  });

  test("is what is started when more come, and then another one is had", () => {
    const kept = stopped({ launchId: "m2" });
    expect(planned(5, works, kept)).toEqual(["start m2"]);
    expect(planned(0, works, machine({ launchId: "m2", running: 1 }))).toEqual(["launch"]);
  });

  test("is not had where nobody uses the pool, none is wanted, or as many are there as may be", () => {
    expect(planned(0)).toEqual([]);
    expect(planned(0, machine({ unused: true, idleSince: ago(1000) }))).toEqual([]);
    expect(planOf({ machines: [works] }, policy)).toEqual([]);
    expect(planOf({ machines: [works] }, { ...spare, maxMachines: 1 })).toEqual([]);
    const failures = { ...NO_FAILURES, count: 1, lastAt: ago(DAY_MS) };
    expect(planOf({ machines: [works], failures }, spare)).toEqual([]);
    const spent = { all: false, projects: new Set(["b/b"]) };
    expect(planOf({ machines: [machine({ ...works, holds: ["b/b"] })], spent }, spare)).toEqual([
      "drain m1 budget_spent",
    ]);
  });

  test("stays while the other has no room, and works where it is needed", () => {
    const up = machine({ launchId: "m2", idleSince: ago(1000), unused: true });
    expect(planned(0, machine({ running: 4 }), up)).toEqual([]);
    expect(planned(1, works, up)).toEqual([]);
  });
});

describe("machines that are kept awake", () => {
  const idle = (launchId: string) => machine({ launchId, idleSince: ago(91_000) });

  test("are launched and started without work, as many as the pool keeps, up to the most", () => {
    expect(plan({ ...nothing, minAwake: 1, owner: "o/p" }, policy, now)).toEqual([
      { type: "launch", project: "o/p", cause: "min_awake" },
    ]);
    expect(planOf({ minAwake: 2, machines: [stopped()] })).toEqual(["start m1", "launch"]);
    expect(planOf({ minAwake: 2, machines: [machine({ state: "launching" })] })).toEqual([
      "launch",
    ]);
    expect(planOf({ minAwake: 9 })).toEqual(["launch", "launch"]);
    expect(planOf({ minAwake: 1, capacity: 0 })).toEqual([]);
  });

  test("count among those that runs wake, which are woken first", () => {
    const pool = { ...nothing, minAwake: 2, owner: "o/p", waiting: ["b/b"] };
    expect(plan(pool, policy, now)).toEqual([
      { type: "launch", project: "b/b", cause: "run" },
      { type: "launch", project: "o/p", cause: "min_awake" },
    ]);
    expect(planOf({ minAwake: 1, waiting: runs(1) })).toEqual(["launch"]);
  });

  test("stay when idle, those beyond the number go", () => {
    expect(planOf({ minAwake: 1, machines: [idle("m1")] })).toEqual([]);
    expect(planOf({ minAwake: 1, machines: [idle("m1"), idle("m2")] })).toEqual(["stop m2 idle"]);
    expect(planOf({ minAwake: 1, machines: [idle("m1"), machine({ launchId: "m2" })] })).toEqual([
      "stop m1 idle",
    ]);
    expect(planOf({ minAwake: 0, machines: [idle("m1")] })).toEqual(["stop m1 idle"]);
  });

  test("are replaced when they leave or fall silent, and not while launches fail", () => {
    expect(planOf({ minAwake: 1, machines: [machine({ state: "leaving" })] })).toEqual(["launch"]);
    expect(planOf({ minAwake: 1, machines: [machine({ lastSeenAt: ago(61_000) })] })).toEqual([
      "stop m1 machine_gone",
      "launch",
    ]);
    const failures = { ...NO_FAILURES, count: 1, lasting: 1, lastAt: ago(1000) };
    expect(planOf({ minAwake: 1, failures: { ...failures, reason: "launch_refused" } })).toEqual(
      [],
    );
  });

  test("go when the budget of their project is spent, and come no more that day", () => {
    const spent = { all: false, projects: new Set(["a/a"]) };
    expect(planOf({ minAwake: 1, spent, machines: [idle("m1")] })).toEqual([
      "stop m1 budget_spent",
    ]);
    expect(planOf({ minAwake: 1, spent })).toEqual([]);
    expect(planOf({ minAwake: 1, owner: "", spent })).toEqual(["launch"]);
  });
});

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
