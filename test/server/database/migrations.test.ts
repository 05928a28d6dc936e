import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { explainStartError } from "../../../cli/start-errors.ts";
import { openSqlite } from "../../../server/database/sqlite.ts";
import { usualWake } from "../../../server/fleet/wakes.ts";
import { wakeFailures } from "../../../server/fleet/failed-wakes.ts";
import { readSettings } from "../../../server/settings.ts";

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

test("a database of a newer release is left as it is, and whoever starts on it is told", async () => {
  const file = await databaseBeforeWakes();
  await (await openSqlite(file)).close();
  const newer = new DatabaseSync(file);
  newer.exec(
    "insert into kysely_migration (name, timestamp) values ('999-later', '2030-01-01T00:00:00.000Z')",
  );
  newer.close();
  const error: unknown = await openSqlite(file).catch((thrown: unknown) => thrown);
  const told = explainStartError(error, readSettings({ DEFERRED_DATA: "/d" }));
  expect(told).toMatchObject({
    message: "the data folder /d is of a newer release than this one",
    hint: expect.stringContaining("start that release") as string,
  });
});

test("branches that commits were seen on are told by their runs as well, and by where they were seen last", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deferred-migrations-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "deferred.db");
  await (await openSqlite(file, "009-claims")).close();
  const old = new DatabaseSync(file);
  old.exec(`insert into projects (slug, created_at) values ('o/p', 0);
    insert into commits (project, sha, message, author_name, author_email, committed_at, ref, seen_at)
    values ('o/p', 'a', '', '', '', 0, 'refs/heads/next', 9), ('o/p', 'b', '', '', '', 0, null, 9)`);
  const needed = old
    .prepare("select name from pragma_table_info('runs') where \"notnull\" and dflt_value is null")
    .all()
    .map(({ name }) => String(name));
  for (const [id, ref, at] of [
    ["1", "refs/heads/main", 1],
    ["2", "refs/heads/main", 2],
    ["3", null, 3],
  ] as const) {
    const row: Record<string, string | number | null> = {
      ...Object.fromEntries(needed.map((name) => [name, 0])),
      ...{ id, ref, project: "o/p", created_at: at },
    };
    const names = Object.keys(row);
    old
      .prepare(`insert into runs (${names.join()}) values (${names.map(() => "?").join()})`)
      .run(...Object.values(row));
    old.prepare("insert into run_commits values (?, 0, 'o/p', 'a')").run(id);
  }
  old.close();

  const database = await openSqlite(file);
  onTestFinished(() => database.close());
  const refs = await database.queries
    .selectFrom("commit_refs")
    .selectAll()
    .orderBy("ref")
    .execute();
  expect(refs).toEqual([
    { project: "o/p", sha: "a", ref: "refs/heads/main", seen_at: 2 },
    { project: "o/p", sha: "a", ref: "refs/heads/next", seen_at: 9 },
  ]);
  await database.queries.deleteFrom("commits").execute();
  expect(await database.queries.selectFrom("commit_refs").selectAll().execute()).toEqual([]);
});
