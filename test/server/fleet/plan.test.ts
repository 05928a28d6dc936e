import { describe, expect, test } from "vitest";
import {
  plan,
  type FleetPolicy,
  type MachinePicture,
  type PoolPicture,
} from "../../../server/fleet/plan.ts";

const now = 1_000_000;
const policy: FleetPolicy = {
  idleMs: 60_000,
  maxMachines: 2,
  bootMs: 30_000,
  silentMs: 60_000,
  expectedSlots: 4,
};

const machine = (changes: Partial<MachinePicture> = {}): MachinePicture => ({
  launchId: "m1",
  state: "ready",
  slots: 4,
  running: 0,
  requestedAt: now,
  lastSeenAt: now,
  idleSince: null,
  ...changes,
});

const nothing: PoolPicture = {
  pool: "shared",
  waiting: 0,
  hinted: false,
  failedLaunches: { count: 0, lastAt: 0 },
  machines: [],
};

const planFor = (waiting: number, ...machines: MachinePicture[]) => planOf({ waiting, machines });

const planOf = (picture: Partial<PoolPicture>) =>
  plan({ ...nothing, ...picture }, policy, now).map((action) =>
    action.type === "start" ? "start" : `stop ${action.launchId} ${action.reason}`,
  );

describe("machines are started", () => {
  test.for<[string, number, MachinePicture[], number]>([
    ["none while nothing waits", 0, [], 0],
    ["one for the first run", 1, [], 1],
    ["one for as many runs as it has slots", 4, [], 1],
    ["two for more", 5, [], 2],
    ["never more than the most", 100, [], 2],
    ["none while one on its way has room", 3, [machine({ state: "launching" })], 0],
    ["another when that one will be full", 5, [machine({ state: "launching" })], 1],
    ["none while a ready one has room", 1, [machine({ running: 3 })], 0],
    ["one when the ready one is full", 1, [machine({ running: 4 })], 1],
    ["one beside a machine that is leaving", 1, [machine({ state: "leaving" })], 1],
  ])("%s", ([, waiting, machines, starts]) => {
    expect(planFor(waiting, ...machines)).toEqual(Array(starts).fill("start"));
  });
});

describe("machines are stopped", () => {
  const ago = (ms: number) => now - ms;

  test("when idle for longer than the responder's own timer and some", () => {
    expect(planFor(0, machine({ idleSince: ago(89_000) }))).toEqual([]);
    expect(planFor(0, machine({ idleSince: ago(91_000) }))).toEqual(["stop m1 idle"]);
  });

  test("but not for idleness while runs wait", () => {
    expect(planFor(1, machine({ idleSince: ago(91_000) }))).toEqual([]);
  });

  test("when they never registered, and another one is started in their place", () => {
    const late = machine({ state: "launching", requestedAt: ago(31_000) });
    expect(planFor(1, late)).toEqual(["stop m1 boot_failed", "start"]);
  });

  test("when they fell silent, also on their way out", () => {
    const silent = { lastSeenAt: ago(61_000) };
    expect(planFor(0, machine(silent))).toEqual(["stop m1 machine_gone"]);
    expect(planFor(0, machine({ ...silent, state: "leaving" }))).toEqual(["stop m1 machine_gone"]);
  });
});

describe("a hint", () => {
  test("starts one machine where there is none", () => {
    expect(planOf({ hinted: true })).toEqual(["start"]);
    expect(planOf({ hinted: true, waiting: 1 })).toEqual(["start"]);
  });

  test("starts none where one is there or on its way, and keeps none from being stopped", () => {
    expect(planOf({ hinted: true, machines: [machine({ running: 4 })] })).toEqual([]);
    expect(planOf({ hinted: true, machines: [machine({ state: "launching" })] })).toEqual([]);
    const idle = machine({ idleSince: now - 91_000 });
    expect(planOf({ hinted: true, machines: [idle, machine({ launchId: "m2" })] })).toEqual([
      "stop m1 idle",
    ]);
  });
});

describe("a launch that failed", () => {
  const after = (ms: number, count: number) =>
    planOf({ waiting: 1, failedLaunches: { count, lastAt: now - ms } });

  test("is not repeated at once, and later each time, up to ten seconds", () => {
    expect(after(499, 1)).toEqual([]);
    expect(after(500, 1)).toEqual(["start"]);
    expect(after(999, 2)).toEqual([]);
    expect(after(1000, 2)).toEqual(["start"]);
    expect(after(9999, 10)).toEqual([]);
    expect(after(10_000, 10)).toEqual(["start"]);
  });

  test("delays nothing when the clock was set back since", () => {
    expect(after(-1, 1)).toEqual(["start"]);
  });
});
