import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { runtimesServedBy, servesRuntime } from "../../../protocol/runtimes.ts";
import { toJson } from "../../../server/database/json.ts";
import { openSqlite } from "../../../server/database/sqlite.ts";
import type { StoredBlockWork } from "../../../server/database/tables/runs.ts";
import type { Claimant } from "../../../server/runs/claimant.ts";
import { chooseFairly, createFittingRuns } from "../../../server/runs/fitting-runs.ts";
import { insertRun } from "../../../server/runs/new-run.ts";
import { makeDataFolder } from "../../systems/data-folder.ts";

const waiting = (project: string, count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => ({
    id: `${project}${index}`,
    project,
    created_at: from + index,
    place: index,
  }));
const none = new Map<string, number>();
const idsOf = (runs: readonly { id: string }[]) => runs.map(({ id }) => id).join(" ");

describe("the next runs of a pool", () => {
  test("are the oldest, where one project waits", () => {
    const runs = waiting("a", 9).toReversed();
    expect(idsOf(chooseFairly(runs, { running: none, used: none, turns: none }, 3))).toBe(
      "a0 a1 a2",
    );
  });

  test("are of all projects in turn, however many one has before them", () => {
    const runs = [...waiting("a", 500), ...waiting("b", 2, 1000), ...waiting("c", 1, 2000)];
    const chosen = chooseFairly(runs, { running: none, used: none, turns: none }, 6);
    expect(idsOf(chosen)).toBe("a0 b0 c0 a1 b1 a2");
  });

  test("are of those that have the fewest running", () => {
    const runs = [...waiting("a", 5), ...waiting("b", 5, 1000)];
    const running = new Map([["a", 3]]);
    expect(idsOf(chooseFairly(runs, { running, used: none, turns: none }, 4))).toBe("b0 b1 b2 a0");
  });

  test("are of those whose last turn is longest ago, where equally many run", () => {
    const runs = [...waiting("a", 5), ...waiting("b", 5, 1000), ...waiting("c", 5, 2000)];
    const turns = new Map([
      ["a", 7],
      ["b", 8],
    ]);
    expect(idsOf(chooseFairly(runs, { running: none, used: none, turns }, 1))).toBe("c0");
  });
});

test("a machine's runtimes are searched for under the names that it serves, and no others", () => {
  const found = { name: "python", version: "3.11.2" } as const;
  const names = runtimesServedBy(found);
  expect(names).toEqual(["python", "python@3", "python@3.11", "python@3.11.2"]);
  for (const name of names) expect(servesRuntime(found, name)).toBe(true);
});

const MACHINE: Claimant = {
  launchId: "",
  tokenHash: "",
  pool: "shared",
  memoryMb: 1024,
  runtimes: [
    { name: "python", version: "3.11.2" },
    { name: "bash", version: "5.2" },
  ],
};

/** A database in which runs of the projects wait. */
async function openWaiting(runs: readonly { project: string; runtime: string; at: number }[]) {
  const folder = await makeDataFolder("deferred-runs-");
  const database = await openSqlite(join(folder, "deferred.db"));
  onTestFinished(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });
  const facts = { kind: "block", pool: "shared", work: toJson({} as StoredBlockWork) } as const;
  const digests = { block_digest: "", code_digest: "", inputs_digest: "", repeatable: 1 };
  await database.write(async (trx) => {
    for (const slug of new Set(runs.map(({ project }) => project))) {
      await trx.insertInto("projects").values({ slug, created_at: 0 }).execute();
    }
    for (const { at, ...run } of runs) await insertRun(trx, { ...facts, ...digests, ...run }, at);
  });
  return database;
}

const waitingOf = (project: string, runtime: string, count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => ({ project, runtime, at: from + index }));

test("one project's 500 waiting runs hold no other project's run for more than its share", async () => {
  const database = await openWaiting([
    ...waitingOf("a/a", "python@3.11", 500),
    ...waitingOf("b/b", "bash", 3, 500),
    ...waitingOf("c/c", "python@2", 1),
  ]);
  const fitting = createFittingRuns();
  const taken: string[] = [];
  for (let claim = 0; claim < 8; claim++) {
    await database.write(async (trx) => {
      for (const id of await fitting.choose(trx, MACHINE, 1, 1000)) {
        const rows = trx.updateTable("runs").set({ state: "succeeded", ended_at: 1000 });
        const [row] = await rows.where("id", "=", id).returning("project").execute();
        taken.push(row!.project);
      }
    });
  }
  expect(taken).toEqual(["a/a", "b/b", "a/a", "b/b", "a/a", "b/b", "a/a", "a/a"]);
});

test("a run is found behind hundreds of projects whose runs need another machine", async () => {
  const others = Array.from({ length: 250 }, (_, index) => `a/${String(index).padStart(3, "0")}`);
  const database = await openWaiting([
    ...others.flatMap((project) => waitingOf(project, "python@2", 1)),
    ...waitingOf("b/b", "bash", 1),
  ]);
  const fitting = createFittingRuns();
  const choose = () => database.write((trx) => fitting.choose(trx, MACHINE, 4, 1000));
  expect(await choose()).toHaveLength(1);
  await database.queries
    .updateTable("runs")
    .set({ state: "running" })
    .where("project", "=", "b/b")
    .execute();
  expect(await choose()).toEqual([]);
});

test("all slots of a machine are filled where few of hundreds of projects have a run for it", async () => {
  const others = Array.from({ length: 150 }, (_, index) => `a/${String(index).padStart(3, "0")}`);
  const database = await openWaiting([
    ...others.flatMap((project) => waitingOf(project, "python@2", 1)),
    ...waitingOf("a/000", "bash", 1),
    ...waitingOf("b/b", "bash", 2),
  ]);
  const fitting = createFittingRuns();
  expect(await database.write((trx) => fitting.choose(trx, MACHINE, 4, 1000))).toHaveLength(3);
});

test("a project of slow runs gets no more of a slot's time than one of short runs", async () => {
  const took = { "a/slow": 2000, "b/short": 100 };
  const database = await openWaiting([
    ...waitingOf("a/slow", "bash", 80),
    ...waitingOf("b/short", "bash", 80),
  ]);
  const fitting = createFittingRuns();
  const had = { "a/slow": 0, "b/short": 0 };
  let at = 1000;
  for (let claim = 0; claim < 80; claim++) {
    const slug = await database.write(async (trx) => {
      const [id = ""] = await fitting.choose(trx, MACHINE, 1, at);
      const rows = trx.updateTable("runs").set({ state: "succeeded", ended_at: at });
      const [row] = await rows.where("id", "=", id).returning("project").execute();
      return row!.project as keyof typeof took;
    });
    had[slug] += took[slug];
    at += took[slug];
  }
  expect(had["a/slow"] / had["b/short"]).toBeGreaterThan(0.6);
  expect(had["a/slow"] / had["b/short"]).toBeLessThan(1.6);
});
