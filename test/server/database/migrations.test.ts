import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { openSqlite } from "../../../server/database/sqlite.ts";
import { usualWake, wakeFailures } from "../../../server/fleet/wakes.ts";

/** A database as the release before wakes had a table of their own left it. */
async function databaseBeforeWakes(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deferred-migrations-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "deferred.db");
  await (await openSqlite(file, "002-machines-by-time")).close();
  const database = new DatabaseSync(file);
  const insert = database.prepare(`insert into machines
    (launch_id, pool, compute, state, phase, requested_at, registered_at, slots, runtimes,
      last_seen_at, ended_at, reason)
    values (?, 'shared', 'local', ?, 'ready', ?, ?, 4, '[]', 0, ?, ?)`);
  insert.run("worked", "gone", 1000, 3000, 9000, "idle");
  insert.run("failed", "gone", 10_000, null, 12_000, "boot_failed");
  insert.run("alive", "launching", 20_000, null, null, null);
  database.close();
  return file;
}

test("wakes that were told by machines' rows are carried over", async () => {
  const database = await openSqlite(await databaseBeforeWakes());
  onTestFinished(() => database.close());
  const wakes = await database.queries
    .selectFrom("wakes")
    .select(["machine", "number", "how", "ended_at", "reason"])
    .orderBy("requested_at")
    .execute();
  const first = { number: 1, how: "launch" };
  expect(wakes).toEqual([
    { ...first, machine: "worked", ended_at: 9000, reason: "idle" },
    { ...first, machine: "failed", ended_at: 12_000, reason: "boot_failed" },
    { ...first, machine: "alive", ended_at: null, reason: null },
  ]);
  const usual = await usualWake(database.queries, "shared", "start");
  expect(usual).toEqual({ p50_s: 2, p90_s: 2, wakes: 1 });
  const failures = await wakeFailures(database.queries, "shared", 20_000);
  expect(failures).toEqual({ count: 1, lasting: 1, lastAt: 12_000, reason: "boot_failed" });
});
