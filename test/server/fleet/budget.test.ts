import { expect, test } from "vitest";
import {
  createBudgetWarnings,
  mayHint,
  spentOf,
  usedToday,
  type PricedWake,
} from "../../../server/fleet/budget.ts";

const HOUR = 3_600_000;
const noon = Date.UTC(2026, 0, 1, 12);
const wake = (from: number, to: number | null, changes: Partial<PricedWake> = {}): PricedWake => ({
  project: "a/a",
  hinted: false,
  requestedAt: noon + from * HOUR,
  endedAt: to === null ? null : noon + to * HOUR,
  ...changes,
});
const hours = (...wakes: PricedWake[]) => usedToday(wakes, noon).all;

test("a machine costs from when it was asked for until it stopped, or until now", () => {
  expect(hours(wake(-2, -1))).toBe(1);
  expect(hours(wake(-2, null))).toBe(2);
  expect(hours(wake(-2, -1), wake(-1, null))).toBe(2);
});

test("a minute is the least, and a clock that was set back costs nothing more", () => {
  expect(hours(wake(-1, -1))).toBeCloseTo(1 / 60);
  expect(hours(wake(1, null))).toBeCloseTo(1 / 60);
});

test("what a machine used before midnight UTC is that day's", () => {
  expect(hours(wake(-20, null))).toBe(12);
  expect(hours(wake(-20, -13))).toBe(0);
  expect(hours(wake(-20, -11))).toBe(1);
});

test("each project has its own budget under the one for all", () => {
  const used = usedToday([wake(-2, null), wake(-3, null, { project: "b/b" })], noon);
  expect(spentOf(used, { hours: 6, projectHours: 3 })).toEqual({
    all: false,
    projects: new Set(["b/b"]),
  });
  expect(spentOf(used, { hours: 5, projectHours: 9 }).all).toBe(true);
  expect(spentOf(usedToday([], noon), { hours: 0, projectHours: 1 }).all).toBe(true);
  expect(spentOf(usedToday([], noon), { hours: 1, projectHours: 0 }).all).toBe(true);
});

test("hints have a tenth of their project's budget", () => {
  const used = usedToday([wake(-1, null, { hinted: true }), wake(-9, null)], noon);
  expect(mayHint(used, "a/a", { hours: 99, projectHours: 10.1 })).toBe(true);
  expect(mayHint(used, "a/a", { hours: 99, projectHours: 10 })).toBe(false);
  expect(mayHint(used, "b/b", { hours: 99, projectHours: 10 })).toBe(true);
});

test("operators are told once a day of a budget that is mostly, and that is all used", () => {
  const said: string[] = [];
  const tell = createBudgetWarnings((facts, message) =>
    said.push(`${(facts as { project?: string }).project ?? "all"} ${message.slice(0, 5).trim()}`),
  );
  const limits = { hours: 10, projectHours: 10 };
  const after = (used: number, now = noon) => {
    tell({ all: used, projects: new Map([["a/a", used]]), hints: new Map() }, limits, now);
  };
  after(7.9);
  expect(said).toEqual([]);
  after(8);
  after(9);
  expect(said).toEqual(["all 80 %", "a/a 80 %"]);
  after(10);
  after(11);
  expect(said.slice(2)).toEqual(["all 100 %", "a/a 100 %"]);
  after(8, noon + 24 * HOUR);
  expect(said.slice(4)).toEqual(["all 80 %", "a/a 80 %"]);
});
