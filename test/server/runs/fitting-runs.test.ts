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
    expect(idsOf(chooseFairly(runs, { running: none, turns: none }, 3))).toBe("a0 a1 a2");
  });

  test("are of all projects in turn, however many one has before them", () => {
    const runs = [...waiting("a", 500), ...waiting("b", 2, 1000), ...waiting("c", 1, 2000)];
    const chosen = chooseFairly(runs, { running: none, turns: none }, 6);
    expect(idsOf(chosen)).toBe("a0 b0 c0 a1 b1 a2");
  });

  test("are of those that have the fewest running", () => {
    const runs = [...waiting("a", 5), ...waiting("b", 5, 1000)];
    const running = new Map([["a", 3]]);
    expect(idsOf(chooseFairly(runs, { running, turns: none }, 4))).toBe("b0 b1 b2 a0");
  });

  test("are of those whose last turn is longest ago, where equally many run", () => {
    const runs = [...waiting("a", 5), ...waiting("b", 5, 1000), ...waiting("c", 5, 2000)];
    const turns = new Map([
      ["a", 7],
      ["b", 8],
    ]);
    expect(idsOf(chooseFairly(runs, { running: none, turns }, 1))).toBe("c0");
  });
});

test("a machine's runtimes are searched for under the names that it serves, and no others", () => {
  const found = { name: "python", version: "3.11.2" } as const;
  const names = runtimesServedBy(found);
  expect(names).toEqual(["python", "python@3", "python@3.11", "python@3.11.2"]);
  for (const name of names) expect(servesRuntime(found, name)).toBe(true);
});

test("one project's 500 waiting runs hold no other project's run for more than its share", async () => {
  const folder = await makeDataFolder("deferred-runs-");
  const database = await openSqlite(join(folder, "deferred.db"));
  onTestFinished(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });
  const facts = { kind: "block", pool: "shared", work: toJson({} as StoredBlockWork) } as const;
  const digests = { block_digest: "", code_digest: "", inputs_digest: "", repeatable: 1 };
  await database.write(async (trx) => {
    for (const slug of ["a/a", "b/b", "c/c"]) {
      await trx.insertInto("projects").values({ slug, created_at: 0 }).execute();
    }
    const insert = (project: string, runtime: string, at: number) =>
      insertRun(trx, { ...facts, ...digests, project, runtime }, at);
    for (let at = 0; at < 500; at++) await insert("a/a", "python@3.11", at);
    for (let at = 500; at < 503; at++) await insert("b/b", "bash", at);
    await insert("c/c", "python@2", 0);
  });
  const fitting = createFittingRuns();
  const machine: Claimant = {
    launchId: "",
    tokenHash: "",
    pool: "shared",
    memoryMb: 1024,
    runtimes: [
      { name: "python", version: "3.11.2" },
      { name: "bash", version: "5.2" },
    ],
  };
  const taken: string[] = [];
  for (let claim = 0; claim < 8; claim++) {
    await database.write(async (trx) => {
      for (const id of await fitting.choose(trx, machine, 1, 1000)) {
        const rows = trx.updateTable("runs").set({ state: "succeeded", ended_at: 1000 });
        const [row] = await rows.where("id", "=", id).returning("project").execute();
        taken.push(row!.project);
      }
    });
  }
  expect(taken).toEqual(["a/a", "b/b", "a/a", "b/b", "a/a", "b/b", "a/a", "a/a"]);
});
