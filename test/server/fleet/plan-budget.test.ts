import { describe, expect, test } from "vitest";
import { renewsAt } from "../../../server/fleet/budget.ts";
import { plan } from "../../../server/fleet/plan.ts";
import { now, policy, machine, stopped, nothing, runs, planOf } from "./pools.ts";

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

  test("has a spare beside it at once, which the same project pays for", () => {
    const shared = machine({ running: 2, holds: ["b/b"] });
    const actions = plan({ ...nothing, spent, machines: [shared] }, { ...policy, spare: 1 }, now);
    expect(actions).toEqual([
      { type: "charge", launchId: "m1", project: "b/b" },
      { type: "launch", project: "b/b", cause: "spare" },
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
