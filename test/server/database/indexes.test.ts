import { toJson } from "../../../server/database/json.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openSqlite } from "../../../server/database/sqlite.ts";
import { markLeaving } from "../../../server/fleet/drain.ts";
import { aliveMachines, newMachine, projectsHeld } from "../../../server/fleet/machines.ts";
import { waitingRuns } from "../../../server/fleet/waiting-runs.ts";
import { pricedWakes } from "../../../server/fleet/wakes.ts";
import { usualWake } from "../../../server/fleet/wake-figures.ts";
import {
  isSandboxMissing,
  takeUntoldFailures,
  countWakeFailures,
} from "../../../server/fleet/wake-failures.ts";
import { createLastResults } from "../../../server/runs/last-results.ts";
import { findInFlight, findSucceeded } from "../../../server/runs/shared-runs.ts";
import { createFsStorage } from "../../../server/storage/fs.ts";
import { sha256 } from "../../../server/database/ids.ts";
import { canonicalJson } from "../../../blocks/canonical-json.ts";
import { codeDigest, tokenDigest } from "../../../blocks/digest.ts";
import { newKeyPair } from "../../../blocks/keys.ts";
import { canonicalCode } from "../../../protocol/canonical-code.ts";
import { signCode } from "../../systems/client.ts";

/** Rows of years, all over: enough that looking at each of them shows. */
const ROWS = 60_000;
const DAY = 24 * 3_600_000;

const ended = {
  project: "a/a",
  pool: "shared",
  state: "succeeded" as const,
  work: toJson("x".repeat(1000) as never),
  block_digest: "",
  code_digest: "",
  inputs_digest: "",
  run_key: "key",
  runtime: "python",
  attempt: 1,
  max_attempts: 3,
  repeatable: 1,
  lease_until: null,
  started_at: null,
  last_batch: 0,
  last_event: 1,
  ending: toJson({} as never),
  result_written: 1,
};

test("what planning and readers ask takes as long among years of runs as among none", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deferred-indexes-"));
  const database = await openSqlite(join(folder, "deferred.db"));
  onTestFinished(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });
  const { queries } = database;
  const now = ROWS * 3_600_000;
  const machine = { pool: "shared", project: "a/a", compute: "ec2", slots: 4 };
  const over = { state: "gone", reason: "idle" } as const;
  await database.write(async (trx) => {
    await trx.insertInto("projects").values({ slug: "a/a", created_at: 0 }).execute();
    for (let from = 0; from < ROWS; from += 500) {
      const times = Array.from({ length: 500 }, (_, index) => (from + index) * 3_600_000);
      const machines = times.map((at) => ({
        ...newMachine({ ...machine, launchId: `m${at}`, now: at }),
        ...over,
      }));
      await trx.insertInto("machines").values(machines).execute();
      const wakes = times.map((at) => ({
        machine: `m${at}`,
        number: 1,
        pool: "shared",
        project: "a/a",
        how: "start" as const,
        hinted: 0,
        requested_at: at,
        registered_at: at + 1000,
        ended_at: at + 2000,
        counted: 1,
        reason: "idle",
        detail: null,
      }));
      await trx.insertInto("wakes").values(wakes).execute();
      const runs = times.map((at) => ({
        ...ended,
        id: `r${at}`,
        created_at: at,
        available_at: at,
        machine: `m${at}`,
        ended_at: at,
        // A block that hardly ever succeeds.
        ...(at > 0 && { state: "failed" as const }),
      }));
      await trx.insertInto("runs").values(runs).execute();
    }
    const alive = newMachine({ ...machine, launchId: "alive", now });
    const runtimes = toJson([{ name: "python" as const, version: "3.13.0" }]);
    await trx
      .insertInto("machines")
      .values({ ...alive, runtimes })
      .execute();
    const times = { created_at: now, available_at: now };
    await trx
      .insertInto("runs")
      .values({ ...ended, ...times, id: "waits", state: "queued", ending: null, result_written: 0 })
      .execute();
  });

  const asked = {
    aliveMachines: () => aliveMachines(queries),
    waitingRuns: () => waitingRuns(queries, now),
    projectsHeld: () => projectsHeld(queries),
    countWakeFailures: () => countWakeFailures(queries, "shared", now),
    takeUntold: () => takeUntoldFailures(queries),
    isSandboxMissing: () => isSandboxMissing(queries, 0),
    usualWake: () => usualWake(queries, "shared", "launch"),
    usualStart: () => usualWake(queries, "shared", "start"),
    pricedWakes: () => pricedWakes(queries, now - DAY, now),
    findInFlight: () => database.write((trx) => findInFlight(trx, "key")),
    findSucceeded: () => database.write((trx) => findSucceeded(trx, "key", now)),
    isNeeded: () => markLeaving(database, "alive", { keptBy: "needed", reason: "idle", now }),
  };
  const eachRow = await least(() =>
    queries.selectFrom("machines").select("launch_id").where("ended_at", "=", -1).execute(),
  );
  for (const [name, ask] of Object.entries(asked)) {
    expect([name, (await least(ask)) < eachRow / 2]).toEqual([name, true]);
  }
});

test("the last result of a block is found as fast among results of other inputs", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deferred-indexes-"));
  const database = await openSqlite(join(folder, "deferred.db"));
  onTestFinished(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });
  const { queries } = database;
  const code = "print(1)";
  const block = await signCode(code, "http://127.0.0.1:8080", (await newKeyPair()).privateJwk);
  const of = {
    ...ended,
    kind: "block" as const,
    block_digest: tokenDigest(block),
    code_digest: codeDigest(canonicalCode(code)),
    run_key: null,
  };
  await database.write(async (trx) => {
    await trx.insertInto("projects").values({ slug: "a/a", created_at: 0 }).execute();
    for (let from = 0; from < ROWS; from += 500) {
      const runs = Array.from({ length: 500 }, (_, index) => ({
        ...of,
        id: `r${from + index}`,
        inputs_digest: from + index === 0 ? sha256(canonicalJson({})) : `${from + index}`,
        created_at: from + index,
        available_at: from + index,
        ended_at: from + index,
      }));
      await trx.insertInto("runs").values(runs).execute();
    }
  });
  const storage = createFsStorage({ folder, uploadUrl: "", url: "", secret: "", now: () => ROWS });
  const { find } = createLastResults({ queries, storage, now: () => ROWS });
  const eachRow = await least(() =>
    queries.selectFrom("runs").select("id").where("runtime", "=", "none").execute(),
  );
  expect((await find(block))?.id).toBe("r0");
  expect(await least(() => find(block))).toBeLessThan(eachRow / 2);
});

/** The least time that a query took: the machine may be busy meanwhile. */
async function least(ask: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let repeat = 0; repeat < 5; repeat++) {
    const began = performance.now();
    await ask();
    times.push(performance.now() - began);
  }
  return Math.min(...times);
}
