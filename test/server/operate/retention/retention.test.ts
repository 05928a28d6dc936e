import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { paths } from "../../../../protocol/paths.ts";
import { codeOf, startSystem } from "../../system.ts";
import { folderOfTest, later, usedFolder } from "./used-folder.ts";

test("what ended is removed after its time, what did not stays, and both are told apart", async () => {
  const { root, ended, waiting } = await usedFolder();
  const result = `results/${ended}/result.json`;

  const early = await later(root, 29);
  expect(await early.object(result)).toBe(true);
  await early.sweep();
  expect(await early.counts()).toMatchObject({ runs: 2, idempotency: 0 });
  expect(await early.object(result)).toBe(true);
  await early.close();

  const late = await later(root, 31);
  await late.sweep();
  expect(await late.counts()).toMatchObject({ runs: 1, callers: 1 });
  const events = await late.database.queries.selectFrom("events").select("run").execute();
  expect(new Set(events.map(({ run }) => run))).toEqual(new Set([waiting]));
  expect(await late.object(result)).toBe(false);
  expect(late.failed).toEqual([]);
  await late.close();

  const system = await startSystem({ DEFERRED_DATA: root });
  for (const path of [paths.run(ended), paths.runEvents(ended), paths.runResult(ended)]) {
    const response = await system.call("GET", path);
    expect(response.status).toBe(410);
    expect(await codeOf(response)).toBe("run_expired");
  }
  expect((await system.call("DELETE", paths.run(ended), { cancel_token: "1.x" })).status).toBe(410);
  const many = await system.call("GET", `${paths.events}?runs=${ended}`);
  expect(await codeOf(many)).toBe("run_expired");
  expect(await codeOf(await system.call("GET", paths.run("0".repeat(26))))).toBe("run_not_found");
  expect((await system.view(waiting)).id).toBe(waiting);
});

test("after more than a year nobody knows any more that there was a run", async () => {
  const { root } = await usedFolder();
  const late = await later(root, 31);
  await late.sweep();
  await late.close();
  let hours = 0;
  const muchLater = await later(root, 31 + 366, { steady: () => hours * 3_600_000 });
  await muchLater.sweep();
  hours = 24;
  await muchLater.sweep();
  const left = await muchLater.database.queries.selectFrom("expired_runs").selectAll().execute();
  expect(left).toEqual([]);
  await muchLater.close();
});

test("a clock that leaps ahead removes nothing for a day", async () => {
  const { root } = await usedFolder();
  const before = await later(root, 0);
  await before.sweep();
  await before.close();
  let hours = 0;
  const leapt = await later(root, 400, { steady: () => hours * 3_600_000 });
  for (hours of [0, 1, 23]) await leapt.sweep();
  expect(await leapt.counts()).toMatchObject({ runs: 2, idempotency: 1 });
  await leapt.close();
  // It was set right again: the next day counts from there.
  const right = await later(root, 29);
  await right.sweep();
  await right.close();
  hours = 0;
  const again = await later(root, 400, { steady: () => hours * 3_600_000 });
  for (hours of [5, 28]) await again.sweep();
  expect(await again.counts()).toMatchObject({ runs: 2 });
  hours = 29;
  await again.sweep();
  expect(await again.counts()).toMatchObject({ runs: 1 });
  await again.close();
});

describe("a sweep that is cut off", () => {
  test("between a run's files and its row is made good by the next", async () => {
    const { root, ended } = await usedFolder();
    const broken = await later(root, 31, {
      database: (database) => ({
        ...database,
        write: () => Promise.reject(new Error("the process is gone")),
      }),
    });
    await broken.sweep();
    expect(await broken.object(`results/${ended}/result.json`)).toBe(false);
    expect(await broken.counts()).toMatchObject({ runs: 2 });
    await broken.close();

    const next = await later(root, 31);
    await next.sweep();
    expect(await next.counts()).toMatchObject({ runs: 1 });
    await next.close();
  });

  test("within a run's rows leaves them all", async () => {
    const { root } = await usedFolder();
    const broken = await later(root, 31);
    const before = await broken.counts();
    // The transaction ends at its last step, as it does where the process is gone.
    await sql`create trigger cut_off before insert on expired_runs
      begin select raise(abort, 'cut off'); end`.execute(broken.database.queries);
    await broken.sweep();
    expect(broken.failed.length).toBe(1);
    expect(await broken.counts()).toEqual({ ...before, idempotency: 0, documents: 0 });
    await sql`drop trigger cut_off`.execute(broken.database.queries);
    await broken.sweep();
    expect(await broken.counts()).toMatchObject({ runs: 1 });
    await broken.close();
  });
});

test("a run whose files can't be removed stays, and keeps no other from going", async () => {
  const root = await folderOfTest();
  const system = await startSystem({ DEFERRED_DATA: root });
  const ids: string[] = [];
  for (let count = 0; count < 3; count++) {
    ids.push((await system.run(`print(${count})`, { cache_s: 365 * 24 * 3600 })).id);
  }
  const machine = await system.machine();
  for (const held of await machine.claim()) await machine.finish(held);
  await system.close();
  const late = await later(root, 31, {
    storage: (storage) => ({
      ...storage,
      remove: (key) =>
        key.includes(ids[1]!) ? Promise.reject(new Error("EIO")) : storage.remove(key),
    }),
  });
  await late.sweep();
  // Its files may be gone in part: nobody is answered by it any more.
  const left = await late.database.queries.selectFrom("runs").select(["id", "run_key"]).execute();
  expect(left).toEqual([{ id: ids[1], run_key: null }]);
  expect(late.failed.length).toBe(1);
  await late.close();
});

test("a run that answers somebody while others are removed stays whole", async () => {
  const { root, ended, waiting } = await usedFolder();
  const late = await later(root, 31, {
    storage: (storage) => ({
      ...storage,
      async remove(key) {
        await storage.remove(key);
        if (!key.includes(ended)) return;
        const asked = { scope: "s", body: "b", run: waiting, caller: 0, created_at: 1 };
        await late.database.queries.insertInto("idempotency").values(asked).execute();
      },
    }),
  });
  await late.database.queries
    .updateTable("runs")
    .set({ state: "succeeded", ended_at: Date.now(), result_written: 1 })
    .where("id", "=", waiting)
    .execute();
  await late.storage.put(`results/${waiting}/result.json`, Buffer.from("{}"), "application/json");
  await late.sweep();
  expect(await late.counts()).toMatchObject({ runs: 1, idempotency: 1 });
  expect(await late.object(`results/${waiting}/result.json`)).toBe(true);
  expect(late.failed).toEqual([]);
  await late.close();
});
