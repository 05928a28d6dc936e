import { rm } from "node:fs/promises";
import { sql } from "kysely";
import { pino } from "pino";
import { describe, expect, onTestFinished, test } from "vitest";
import { pagePaths, paths } from "../../../../protocol/paths.ts";
import { createBlockFiles } from "../../../../server/projects/index.ts";
import { createCaches } from "../../../../server/commands/caches.ts";
import type { Database } from "../../../../server/database/database.ts";
import { openSqlite } from "../../../../server/database/sqlite.ts";
import { dataFolder } from "../../../../server/settings/data-folder.ts";
import { newMachine } from "../../../../server/fleet/machines.ts";
import { createRetention } from "../../../../server/operate/retention/retention.ts";
import { createFsStorage } from "../../../../server/storage/fs.ts";
import type { Storage } from "../../../../server/storage/storage.ts";
import { startPushedProject } from "../../pushed-project.ts";
import { makeDataFolder } from "../../../systems/data-folder.ts";
import { codeOf, startSystem } from "../../system.ts";

const DAY = 24 * 3_600_000;
const TABLES = [
  "runs",
  "events",
  "callers",
  "idempotency",
  "deliveries",
  "notices",
  "run_commits",
  "documents",
] as const;

async function folderOfTest(): Promise<string> {
  const root = await makeDataFolder("deferred-retention-");
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  return root;
}

/** What a server left in `root`, with retention as it is `days` later. */
async function later(
  root: string,
  days: number,
  changes: {
    storage?: (storage: Storage) => Storage;
    database?: (of: Database) => Database;
    steady?: () => number;
  } = {},
) {
  const folder = dataFolder(root);
  const database = await openSqlite(folder.database);
  const now = () => Date.now() + days * DAY;
  const fs = createFsStorage({
    ...{ folder: folder.storage, database, uploadUrl: "", url: "", secret: "", now },
  });
  const failed: string[] = [];
  const storage = changes.storage?.(fs) ?? fs;
  const retention = createRetention({
    ...{ database: changes.database?.(database) ?? database, storage, now },
    days: 30,
    ...(changes.steady && { steady: changes.steady }),
    removeUnusedCaches: createCaches({ database, storage, now }).removeUnused,
    purgeProjects: async () => 0,
    removeUnneededFiles: createBlockFiles({ database, storage, now }).removeUnneeded,
    pauseMs: 0,
    log: pino({ level: "error" }, { write: (line) => void failed.push(line) }),
  });
  const count = async (table: (typeof TABLES)[number]) =>
    (await database.queries.selectFrom(table).selectAll().execute()).length;
  return {
    database,
    storage,
    failed,
    sweep: retention.sweep,
    counts: async () =>
      Object.fromEntries(await Promise.all(TABLES.map(async (name) => [name, await count(name)]))),
    object: async (key: string) => (await fs.stat(key)) !== undefined,
    close: () => database.close(),
  };
}

/** A server on which one block was run and one waits; closed again. */
async function usedFolder() {
  const root = await folderOfTest();
  const system = await startSystem({ DEFERRED_DATA: root });
  const request = { block: await system.sign("print(1)"), code: "print(1)" };
  const key = { "idempotency-key": "k".repeat(20) };
  const created = await system.call("POST", paths.runs, request, key);
  const { id: ended } = (await created.json()) as { id: string };
  const machine = await system.machine();
  await machine.finish(await machine.claimOne());
  const { id: waiting } = await system.run("print(2)");
  await system.close();
  return { root, ended, waiting };
}

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

test("a project's runs, deliveries and notices go together, and its badge keeps its last state", async () => {
  const root = await folderOfTest();
  const env = { DEFERRED_DATA: root };
  const project = await startPushedProject({ env, settings: { public: true } });
  await project.pushAndRun({ subject: "One" }, 0);
  const { run } = await project.pushAndRun({ subject: "Two" }, 1);
  await project.pushAndRun({ subject: "Elsewhere", branch: "next" }, 0);
  const badge = async (of: Pick<typeof project, "call" | "slug">, branch: string) =>
    (await of.call("GET", `${pagePaths.badge(of.slug)}?branch=${branch}`)).text();
  expect(await badge(project, "main")).toContain("failed");
  await project.close();

  const late = await later(root, 31);
  await late.sweep();
  expect(late.failed).toEqual([]);
  expect(await late.counts()).toEqual(Object.fromEntries(TABLES.map((name) => [name, 0])));
  expect(await late.object(`private/${run}/result.json`)).toBe(false);
  await late.close();

  const again = await startPushedProject({ env });
  expect(await badge(again, "main")).toContain("failed");
  expect(await badge(again, "next")).toContain("succeeded");
  expect(await badge(again, "none")).toContain("no runs");
  const gone = await again.call("GET", paths.run(run), undefined, again.owner);
  expect(await codeOf(gone)).toBe("run_expired");
});

test("machines go with what they ran, but for those that tell how long a wake takes", async () => {
  const root = await folderOfTest();
  const { database, sweep, failed, close } = await later(root, 0);
  const at = Date.now() - 60 * DAY;
  await database.queries.insertInto("projects").values({ slug: "a/a", created_at: 0 }).execute();
  for (let number = 0; number < 60; number++) {
    const launchId = `m${number}`;
    const now = at + number;
    const of = { pool: "shared", project: "a/a", compute: "local", slots: 1 };
    await database.queries
      .insertInto("machines")
      .values({ ...newMachine({ ...of, launchId, now }), state: "gone", ended_at: now + 1 })
      .execute();
    await database.queries
      .insertInto("wakes")
      .values({
        ...{ machine: launchId, number: 1, pool: "shared", project: "a/a", how: "launch" },
        ...{ hinted: 0, requested_at: now, registered_at: now, ended_at: now + 1, counted: 1 },
        ...{ reason: null, detail: null },
      })
      .execute();
  }
  await sweep();
  const left = await database.queries.selectFrom("machines").select("launch_id").execute();
  expect(failed).toEqual([]);
  expect(left.map(({ launch_id }) => launch_id).toSorted()).toEqual(
    Array.from({ length: 50 }, (_, index) => `m${index + 10}`).toSorted(),
  );
  await close();
});

test("a machine, a session or a run that lives stays, however old it is", async () => {
  const { root, waiting } = await usedFolder();
  const late = await later(root, 3650);
  await late.sweep();
  await late.sweep();
  expect(await late.database.queries.selectFrom("runs").select("id").execute()).toEqual([
    { id: waiting },
  ]);
  expect(late.failed).toEqual([]);
  await late.close();
});

test("a commit goes with the last run that is about it, and one that is seen again stays", async () => {
  const root = await folderOfTest();
  const project = await startPushedProject({ env: { DEFERRED_DATA: root } });
  const { sha } = await project.pushAndRun({ subject: "One" }, 0);
  const { sha: waits } = await project.push({ subject: "Two" });
  await project.close();
  const shas = async (days: number) => {
    const { database, sweep, failed, close } = await later(root, days);
    await sweep();
    const rows = await database.queries.selectFrom("commits").select("sha").execute();
    expect(failed).toEqual([]);
    await close();
    return rows.map((row) => row.sha).toSorted();
  };
  expect(await shas(29)).toEqual([sha, waits].toSorted());
  expect(await shas(31)).toEqual([waits]);
  expect(await shas(3650)).toEqual([waits]);
});

describe("a project's caches", () => {
  const name = "a".repeat(64);
  const [OLD, NEW] = ["2".repeat(64), "3".repeat(64)];
  const fileOf = (sha256: string) => `private/caches/acme/site/${name}-${sha256}`;

  /** A data folder with one cache, its file, and files that are nobody's. */
  async function cachedFolder(usedDaysAgo: number) {
    const root = await folderOfTest();
    const { database, storage, ...rest } = await later(root, 0);
    const { queries } = database;
    const project = "acme/site";
    await queries.insertInto("projects").values({ slug: project, created_at: 0 }).execute();
    const at = Date.now() - usedDaysAgo * DAY;
    const kept = { project, name, sha256: "1".repeat(64), size: 4, saved_at: at, used_at: at };
    await queries.insertInto("caches").values(kept).execute();
    const files = [kept.sha256, OLD, NEW];
    for (const sha256 of files) {
      await storage.put(fileOf(sha256), Buffer.from("full"), "application/gzip");
    }
    // What is kept was announced again, and of those that are not one is under way.
    const announced = files.map((sha256) => ({
      ...{ project, name, sha256 },
      since: sha256 === NEW ? Date.now() : Date.now() - 2 * DAY,
    }));
    await queries.insertInto("loose_caches").values(announced).execute();
    return { root, kept: fileOf(kept.sha256), database, ...rest };
  }

  test("go once no run used them for the time of runs", async () => {
    const unused = await cachedFolder(31);
    await unused.sweep();
    expect(await unused.object(unused.kept)).toBe(false);
    expect(await unused.database.queries.selectFrom("caches").selectAll().execute()).toEqual([]);
    await unused.close();
    const used = await cachedFolder(29);
    await used.sweep();
    expect(await used.object(used.kept)).toBe(true);
    await used.close();
  });

  test("leave no file that an upload without an end brought, and lose none that is kept", async () => {
    const { sweep, object, kept, close } = await cachedFolder(0);
    await sweep();
    expect(await Promise.all([kept, fileOf(OLD), fileOf(NEW)].map(object))).toEqual([
      true,
      false,
      true,
    ]);
    await close();
  });

  test("whose files can't be removed now are removed by a later sweep", async () => {
    const { root, kept, close } = await cachedFolder(31);
    await close();
    const refusing = await later(root, 0, {
      storage: (storage) => ({ ...storage, remove: () => Promise.reject(new Error("EIO")) }),
    });
    await refusing.sweep();
    expect(refusing.failed.length).toBe(1);
    expect(await refusing.object(kept)).toBe(true);
    await refusing.close();
    const next = await later(root, 2);
    await next.sweep();
    expect(await next.object(kept)).toBe(false);
    await next.close();
  });
});
