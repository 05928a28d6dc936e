import { describe, expect, test } from "vitest";
import { type WakeFailures } from "../../../server/fleet/backoff.ts";
import type { PoolSnapshot } from "../../../server/fleet/snapshot.ts";
import { ago, machine, runs, planOf } from "./pools.ts";

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
