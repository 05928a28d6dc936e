import { describe, expect, test } from "vitest";
import { plan, type FleetPolicy, type MachinePicture } from "../../../server/fleet/plan.ts";

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

const planFor = (waiting: number, ...machines: MachinePicture[]) =>
  plan({ pool: "shared", waiting, machines }, policy, now).map((action) =>
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
