import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setImmediate as turnOver } from "node:timers/promises";
import { sql } from "kysely";
import { expect, onTestFinished, test } from "vitest";
import type { Trx } from "../../../server/database/database.ts";
import { createConnectionLock } from "../../../server/database/connection-lock.ts";
import { createPreparedStatements } from "../../../server/database/prepared-statements.ts";
import { prepared } from "../../../server/database/prepared.ts";
import { openSqlite } from "../../../server/database/sqlite.ts";
import { createTransactions } from "../../../server/database/transactions.ts";
import { requestFacts, withRequest } from "../../../server/logs/request-facts.ts";

async function openDatabase() {
  const folder = await mkdtemp(join(tmpdir(), "deferred-transactions-"));
  const database = await openSqlite(join(folder, "deferred.db"));
  onTestFinished(async () => {
    await database.close().catch(() => {});
    await rm(folder, { recursive: true, force: true });
  });
  await sql`create table marks (name text primary key)`.execute(database.queries);
  const marks = async () => {
    const { rows } = await sql<{ name: string }>`select name from marks order by name`.execute(
      database.queries,
    );
    return rows.map(({ name }) => name);
  };
  return { database, marks };
}

const mark = (trx: Trx, name: string) => sql`insert into marks values (${name})`.execute(trx);

test("a transaction that throws takes back nothing of those that share its commit", async () => {
  const { database, marks } = await openDatabase();
  const settled = await Promise.allSettled([
    database.write((trx) => mark(trx, "first")),
    database.write(async (trx) => {
      await mark(trx, "half");
      throw new Error("It is not to be.");
    }),
    database.writeUnsynced((trx) => mark(trx, "unsynced")),
    database.write((trx) => mark(trx, "first")),
    database.write((trx) => mark(trx, "last")),
  ]);
  expect(settled.map(({ status }) => status)).toEqual([
    "fulfilled",
    "rejected",
    "fulfilled",
    "rejected",
    "fulfilled",
  ]);
  expect(await marks()).toEqual(["first", "last", "unsynced"]);
});

test("transactions that wait together are committed together, and others see none of them before", async () => {
  const { database, marks } = await openDatabase();
  const seen: Promise<string[]>[] = [];
  await Promise.all(
    ["a", "b", "c"].map((name) =>
      database.write(async (trx) => {
        await mark(trx, name);
        seen.push(marks());
      }),
    ),
  );
  expect(await Promise.all(seen)).toEqual([
    ["a", "b", "c"],
    ["a", "b", "c"],
    ["a", "b", "c"],
  ]);
});

test("a transaction keeps the context of the request that asked for it", async () => {
  const { database } = await openDatabase();
  const asked = ["one", "two"].map((request) =>
    withRequest({ request }, () => database.write(async () => requestFacts()?.request)),
  );
  expect(await Promise.all(asked)).toEqual(["one", "two"]);
});

test.each([
  ["\n  insert into marks values ('one')", 1],
  ["with given as (select 'one' as name) insert into marks select name from given", 1],
  ["insert into marks values ('one') returning name", 1],
  ["  with given as (select 'one' as name) select name from given", 0],
  ["select name from marks", 0],
])("what %j writes is counted, so that it is flushed: %i", async (text, written) => {
  const connection = new DatabaseSync(":memory:");
  onTestFinished(() => connection.close());
  connection.exec("create table marks (name text primary key)");
  const statements = createPreparedStatements(connection, { before() {}, flushFailed() {} });
  statements.run(text, []);
  expect(statements.written).toBe(written);
});

test("a closed database refuses transactions and queries", async () => {
  const { database, marks } = await openDatabase();
  await database.close();
  await expect(database.write(async () => 1)).rejects.toThrow(/is closed|destroyed/);
  await expect(marks()).rejects.toThrow(/is closed|destroyed/);
});

const expiredAt = prepared((queries, { id }: { id: string }) =>
  queries.selectFrom("expired_runs").select("expired_at").where("id", "=", id),
);
const expire = prepared((queries, run: { id: string; expired_at: number }) =>
  queries.insertInto("expired_runs").values(run),
);

test("a prepared query takes its parameters by name, in and outside of a transaction", async () => {
  const { database } = await openDatabase();
  await database.write(async (trx) => {
    await expire(trx, { expired_at: 3, id: "one" });
    expect(await expiredAt(trx, { id: "one" })).toEqual([{ expired_at: 3 }]);
  });
  await expire(database.queries, { id: "two", expired_at: 4 });
  expect(await expiredAt(database.queries, { id: "one" })).toEqual([{ expired_at: 3 }]);
  expect(await expiredAt(database.queries, { id: "two" })).toEqual([{ expired_at: 4 }]);
  expect(await expiredAt(database.queries, { id: "' or 1 --" })).toEqual([]);
});

test("a prepared query refuses parameters that it was not built with", async () => {
  const { database } = await openDatabase();
  const more = { id: "two", expired_at: 4, reason: "none" };
  await expire(database.queries, { id: "one", expired_at: 3 });
  await expect(expire(database.queries, more)).rejects.toThrow("parameter");
});

test("what is committed is told of before its flush has ended, and what is taken back is not", async () => {
  const { database, marks } = await openDatabase();
  const order: string[] = [];
  const failing = database.write(
    async () => {
      throw new Error("It is not to be.");
    },
    () => void order.push("never"),
  );
  const written = database.write(
    (trx) => mark(trx, "one"),
    () => {
      order.push("committed");
      void marks().then((names) => order.push(`readable: ${names.join()}`));
    },
  );
  await expect(failing).rejects.toThrow("not to be");
  await written;
  order.push("on the disk");
  expect(order[0]).toBe("committed");
  await expect.poll(() => order.toSorted()).toEqual(["committed", "on the disk", "readable: one"]);
});

test("a transaction that fills the disk takes back none that waits behind it", async () => {
  const { database, marks } = await openDatabase();
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(database.queries);
  const most = rows[0]!.page_count + 8;
  await sql`pragma max_page_count = ${sql.lit(most)}`.execute(database.queries);
  const [large, small] = await Promise.allSettled([
    database.write((trx) => mark(trx, "x".repeat(200_000))),
    database.write((trx) => mark(trx, "small")),
  ]);
  expect([large.status, small.status]).toEqual(["rejected", "fulfilled"]);
  expect(await marks()).toEqual(["small"]);
});

/** Transactions on a connection of their own, whose flushes and failures a test decides. */
function transactionsWith({ before = () => {}, flush = async () => {} } = {}) {
  const connection = new DatabaseSync(":memory:");
  onTestFinished(() => connection.close());
  connection.exec("create table marks (name text)");
  const statements = createPreparedStatements(connection, { before, flushFailed() {} });
  const lock = createConnectionLock();
  const transaction = createTransactions({ statements, lock, trx: {} as Trx, flush });
  return {
    statements,
    write: (work: () => unknown) => transaction(async () => work(), { synced: true }),
  };
}

test("a transaction that is under way when the disk fails is refused, and so are later ones", async () => {
  let failed = false;
  const { statements, write } = transactionsWith({
    before() {
      if (failed) throw new Error("The disk failed.");
    },
  });
  const underWay = write(() => {
    failed = true;
    statements.run("select 1", []);
  });
  await expect(underWay).rejects.toThrow("The disk failed.");
  await expect(write(() => 1)).rejects.toThrow("The disk failed.");
});

test("a repeat that changes nothing is answered once the writes of the first are on the disk", async () => {
  const flushing = Promise.withResolvers<void>();
  const disk = Promise.withResolvers<void>();
  const { statements, write } = transactionsWith({
    flush() {
      flushing.resolve();
      return disk.promise;
    },
  });
  const answered: string[] = [];
  const first = write(() => statements.run("insert into marks values ('one')", []));
  await flushing.promise;
  const read = Promise.withResolvers<void>();
  const repeat = write(() => {
    statements.run("select name from marks", []);
    read.resolve();
  }).then(() => answered.push("repeat"));
  await read.promise;
  await turnOver();
  expect(answered).toEqual([]);
  disk.resolve();
  await Promise.all([first, repeat]);
  expect(answered).toEqual(["repeat"]);
});
