import { toJson } from "../../../server/database/json.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KyselyPlugin } from "kysely";
import { expect, onTestFinished, test } from "vitest";
import { openSqlite } from "../../../server/database/sqlite.ts";
import { createFeed } from "../../../server/runs/feed.ts";
import { createLogReads } from "../../../server/runs/log-reads.ts";
import { insertRun } from "../../../server/runs/new-run.ts";
import { appendOutput, applyInput } from "../../../server/runs/record.ts";

/** A run on record, its log, and how often that was read. */
async function startLog() {
  const folder = await mkdtemp(join(tmpdir(), "deferred-log-"));
  const database = await openSqlite(join(folder, "deferred.db"));
  onTestFinished(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });
  const asked = { reads: 0, results: 0 };
  const storage = { stores: Promise.resolve() };
  const counting: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      asked.reads++;
      return result;
    },
  };
  const facts = {
    ...{
      project: "a/a",
      pool: "shared",
      work: toJson({} as never),
      runtime: "python",
      repeatable: 1,
    },
    ...{ block_digest: "", code_digest: "", inputs_digest: "" },
  };
  let row = await database.write(async (trx) => {
    await trx.insertInto("projects").values({ slug: "a/a", created_at: 0 }).execute();
    return insertRun(trx, { kind: "block", ...facts }, 0);
  });
  const feed = createFeed();
  const { readLog, offer } = createLogReads({
    database: { ...database, queries: database.queries.withPlugin(counting) },
    feed,
    addresses: { url: "http://a", resultsUrl: "http://b" },
    async resultStored() {
      asked.results++;
      await storage.stores;
    },
  });
  return {
    asked,
    storage,
    feed,
    offer,
    run: row.id,
    read: async (after: number) => (await readLog(row.id, after)).events.map(({ id }) => id),
    async grow(text: string) {
      const chunks = [{ stream: "stdout" as const, text }];
      row = await database.write((trx) => appendOutput(trx, row, { seq: 1, chunks }, 0));
      feed.changed(row.id);
    },
    async end() {
      row = (await database.write((trx) => applyInput(trx, row, { type: "canceled" }, 0)))!;
      feed.changed(row.id);
    },
  };
}

const soon = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

test("thousands who wake at once read the log once, and wait for one result", async () => {
  const { asked, read, grow, end } = await startLog();
  await grow("1");
  const all = await Promise.all(Array.from({ length: 5000 }, () => read(1)));
  expect(new Set(all.map(String))).toEqual(new Set(["2"]));
  expect(asked.reads).toBe(1);
  await end();
  await Promise.all(Array.from({ length: 5000 }, () => read(2)));
  expect(asked).toEqual({ reads: 2, results: 1 });
});

test("whoever has seen less of it, or asks once it has grown, gets all of the rest", async () => {
  const { asked, feed, run, read, grow } = await startLog();
  await grow("1");
  expect(await Promise.all([read(0), read(1), read(2)])).toEqual([[1, 2], [2], []]);
  await soon();
  asked.reads = 0;
  // The second asks while the first still reads, but has heard of more than that may find.
  const first = read(2);
  feed.changed(run);
  const second = read(2);
  expect(await Promise.all([first, second])).toEqual([[], []]);
  expect(asked.reads).toBe(2);
  await grow("2");
  expect(await read(2)).toEqual([3]);
});

test("output that came with the end waits for no storage, and the end does, with one read of the log", async () => {
  const { asked, storage, read, grow, end } = await startLog();
  const { promise, resolve } = Promise.withResolvers<void>();
  storage.stores = promise;
  await grow("1");
  await end();
  expect(await read(0)).toEqual([1, 2]);
  const told = read(2);
  const first = await Promise.race([told, soon().then(() => "nothing")]);
  expect(first).toBe("nothing");
  resolve();
  expect(await told).toEqual([3]);
  expect(asked).toEqual({ reads: 1, results: 1 });
});

test("who follows gets what was just appended without a read of the log, and others read it", async () => {
  const { asked, feed, offer, run, read, grow } = await startLog();
  await grow("1");
  const body = { type: "output", stream: "stdout", text: "1" } as const;
  const offered = () => offer({ id: run, kind: "block" }, [{ id: 2, at: 0, body }]);
  offered();
  expect(await read(1)).toEqual([2]);
  expect(asked.reads).toBe(1);
  await soon();
  onTestFinished(feed.follow([run], () => {}));
  offered();
  expect(await Promise.all([read(1), read(1)])).toEqual([[2], [2]]);
  expect(asked.reads).toBe(1);
  offered();
  expect(await read(0)).toEqual([1, 2]);
  await grow("2");
  expect(await read(1)).toEqual([2, 3]);
  expect(asked.reads).toBe(3);
});

test("nothing of it is kept", async () => {
  const { asked, read } = await startLog();
  for (let count = 0; count < 3; count++) {
    await read(0);
    await soon();
  }
  expect(asked.reads).toBe(3);
});
