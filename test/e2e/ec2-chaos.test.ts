import { expect, test } from "vitest";
import { runUnderFaults } from "./ec2-chaos.ts";

test("with every fault at a tenth, all runs end, each is told once, and no machine is left", async () => {
  const runs = 20;
  const figures = await runUnderFaults({ runs, servers: 5, share: 0.1, seed: 7 });
  const ended = Object.values(figures.ends).reduce((sum, one) => sum + one, 0);
  expect(ended).toBe(runs);
  expect(figures).toMatchObject({ wronglyTold: [], orphans: 0 });
  const known =
    /^(succeeded|errored: (launch_refused|no_capacity|quota_reached|launch_failed|boot_failed|taken_back))$/;
  expect(Object.keys(figures.ends).filter((end) => !known.test(end))).toEqual([]);
  expect(Object.keys(figures.faults).length).toBeGreaterThan(3);
}, 120_000);
