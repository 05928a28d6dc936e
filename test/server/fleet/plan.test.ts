import { describe, expect, test } from "vitest";
import { NO_FAILURES } from "../../../server/fleet/backoff.ts";
import type { MachineSnapshot } from "../../../server/fleet/snapshot.ts";
import { plan } from "../../../server/fleet/plan.ts";
import {
  now,
  ago,
  DAY_MS,
  policy,
  machine,
  stopped,
  nothing,
  runs,
  planFor,
  planOf,
} from "./pools.ts";

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
