import { mkdtemp, open as openFile, rm, stat, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Database } from "../../server/database/database.ts";
import { openSqlite } from "../../server/database/sqlite.ts";

/** Every engine; `again` opens the same data once more. */
const engines: Record<
  string,
  () => Promise<{ database: Database; again: () => Promise<Database> }>
> = {
  async sqlite() {
    const folder = await mkdtemp(join(tmpdir(), "deferred-database-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, "deferred.db");
    const database = await openSqlite(file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    return { database, again: () => openSqlite(file) };
  },
};

const fact = (name: string, value = "x") => ({ name, value });

describe.for(Object.entries(engines))("database %s", ([, open]) => {
  test("keeps what was committed when it is opened again", async () => {
    const { database, again } = await open();
    await database.queries.insertInto("facts").values(fact("a")).execute();
    await database.close();
    const reopened = await again();
    expect(await reopened.queries.selectFrom("facts").selectAll().execute()).toEqual([fact("a")]);
    await reopened.close();
  });

  test("undoes everything of a transaction that fails", async () => {
    const { database } = await open();
    const failed = database.write(async (trx) => {
      await trx.insertInto("facts").values(fact("a")).execute();
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    expect(await database.queries.selectFrom("facts").selectAll().execute()).toEqual([]);
    await database.close();
  });

  test("shows what was written unsynced to everybody, and keeps it when it is closed", async () => {
    const { database, again } = await open();
    const add = () =>
      database.writeUnsynced((unsynced) =>
        unsynced.insertInto("facts").values(fact("a")).execute(),
      );
    await add();
    await expect(add()).rejects.toThrow(/UNIQUE|unique/);
    expect(await database.queries.selectFrom("facts").selectAll().execute()).toEqual([fact("a")]);
    await database.close();
    const reopened = await again();
    expect(await reopened.queries.selectFrom("facts").selectAll().execute()).toEqual([fact("a")]);
    await reopened.close();
  });

  test("keeps transactions and queries of different callers apart", async () => {
    const { database } = await open();
    await database.queries.insertInto("facts").values(fact("count", "0")).execute();
    const seen: number[] = [];
    const add = () =>
      database.write(async (trx) => {
        const row = await trx.selectFrom("facts").selectAll().executeTakeFirstOrThrow();
        await new Promise((resolve) => setImmediate(resolve));
        await trx
          .updateTable("facts")
          .set({ value: String(Number(row.value) + 1) })
          .execute();
        await trx.updateTable("facts").set({ name: "half" }).execute();
        await new Promise((resolve) => setImmediate(resolve));
        await trx.updateTable("facts").set({ name: "count" }).execute();
      });
    const look = async () => {
      const row = await database.queries.selectFrom("facts").selectAll().executeTakeFirstOrThrow();
      expect(row.name).toBe("count");
      seen.push(Number(row.value));
    };
    await Promise.all(Array.from({ length: 20 }, () => [add(), look()]).flat());
    const { value } = await database.queries
      .selectFrom("facts")
      .selectAll()
      .executeTakeFirstOrThrow();
    expect(value).toBe("20");
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    await database.close();
  });
});

test("a second server may not open the same SQLite file", async () => {
  const { database, again } = await engines["sqlite"]!();
  await expect(again()).rejects.toThrow(/locked/);
  await database.close();
});

/** As a broken disk does it: one flush fails, and those after it succeed. */
async function failNextFlush(): Promise<void> {
  const some = await openFile("/dev/null");
  const prototype = Object.getPrototypeOf(some) as FileHandle;
  await some.close();
  const broken = Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO" });
  vi.spyOn(prototype, "datasync").mockRejectedValueOnce(broken);
  onTestFinished(() => void vi.restoreAllMocks());
}

test("after a flush that failed nothing is acknowledged any more, and the process hears of it once", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deferred-database-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const flushFailed = vi.fn<(error: unknown) => void>();
  const file = join(folder, "deferred.db");
  const database = await openSqlite(file, { flushFailed });
  const add = (name: string) =>
    database.write((trx) => trx.insertInto("facts").values(fact(name)).execute());
  await add("before");
  await failNextFlush();
  const both = await Promise.allSettled([add("first"), add("beside")]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await expect(add("second")).rejects.toThrow("did not keep");
  const { queries } = database;
  await expect(queries.insertInto("facts").values(fact("third")).execute()).rejects.toThrow();
  await expect(queries.selectFrom("facts").selectAll().execute()).rejects.toThrow();
  await expect(database.writeUnsynced(async () => {})).rejects.toThrow();
  expect(flushFailed.mock.calls).toMatchObject([[{ cause: { code: "EIO" } }]]);
  await database.close();
  const again = await openSqlite(file);
  const names = await again.queries.selectFrom("facts").select("name").execute();
  expect(names.map(({ name }) => name)).toContain("before");
  expect(names.map(({ name }) => name)).not.toContain("second");
  await again.close();
});

test("a disk that is full or read-only ends nothing: what comes later is taken once it has room", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deferred-database-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const flushFailed = vi.fn<(error: unknown) => void>();
  const database = await openSqlite(join(folder, "deferred.db"), { flushFailed });
  await sql`pragma max_page_count = 60`.execute(database.queries);
  const big = (name: string) =>
    database.write((trx) =>
      trx
        .insertInto("facts")
        .values(fact(name, "x".repeat(1_000_000)))
        .execute(),
    );
  await expect(big("big")).rejects.toThrow(/full/);
  await sql`pragma max_page_count = 100000`.execute(database.queries);
  await big("big");
  expect(flushFailed.mock.calls).toEqual([]);
  await database.close();
});
