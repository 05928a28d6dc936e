import { mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { paths } from "../../../../protocol/paths.ts";
import { takeSnapshot } from "../../../../server/operate/backup/snapshots.ts";
import { openSqlite } from "../../../../server/database/sqlite.ts";
import { codeOf, startSystem } from "../../system.ts";

async function opened() {
  const folder = await mkdtemp(join(tmpdir(), "deferred-snapshot-"));
  const database = await openSqlite(join(folder, "deferred.db"));
  onTestFinished(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });
  const add = (name: string) =>
    database.write(async (trx) => {
      await trx
        .insertInto("facts")
        .values({ name: `${name} a`, value: "x".repeat(4000) })
        .execute();
      await trx
        .insertInto("facts")
        .values({ name: `${name} b`, value: "x".repeat(4000) })
        .execute();
    });
  return { folder, database, add };
}

test("a copy holds every transaction that was over and no part of another, while many are made", async () => {
  const { folder, database, add } = await opened();
  for (let count = 0; count < 500; count++) await add(`before ${count}`);
  let writing = true;
  const writes = (async () => {
    for (let count = 0; writing; count++) await add(`meanwhile ${count}`);
  })();
  const names = [await takeSnapshot(database, folder), await takeSnapshot(database, folder)];
  writing = false;
  await writes;
  for (const name of names) {
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    const copy = await openSqlite(join(folder, name));
    const rows = await copy.queries.selectFrom("facts").select("name").execute();
    await copy.close();
    const halves = Map.groupBy(rows, (row) => row.name.slice(0, -2));
    expect([...halves.values()].filter((both) => both.length !== 2)).toEqual([]);
    expect(halves.size).toBeGreaterThanOrEqual(500);
  }
});

test("no lease lapses for want of a renewal that waited for a copy", async () => {
  const system = await startSystem();
  await system.run();
  const machine = await system.machine();
  const held = await machine.claimOne();
  const until = async (name: string) => {
    const copy = await openSqlite(join(system.root, name));
    const row = await copy.queries.selectFrom("runs").select("lease_until").executeTakeFirst();
    await copy.close();
    return row!.lease_until!;
  };
  const headers = { authorization: `Bearer ${system.ownerToken.trim()}` };
  const copy = async () => {
    const response = await system.call("POST", paths.backups, undefined, headers);
    return ((await response.json()) as { snapshot: string }).snapshot;
  };
  const [first, second] = [await until(await copy()), await until(await copy())];
  expect(second).toBeGreaterThan(first);
  expect((await machine.finish(held)).status).toBe(200);
});

test("copies that nobody came for are removed by the next", async () => {
  const { folder, database } = await opened();
  const forgotten = await takeSnapshot(database, folder);
  const long = new Date(Date.now() - 2 * 3_600_000);
  await utimes(join(folder, forgotten), long, long);
  await writeFile(join(folder, "snapshot-of-mine.db"), "");
  const name = await takeSnapshot(database, folder);
  const left = (await readdir(folder)).filter((one) => one.startsWith("snapshot"));
  expect(left.toSorted()).toEqual([name, "snapshot-of-mine.db"].toSorted());
});

test("only the owner's token has one made", async () => {
  const system = await startSystem();
  expect(await codeOf(await system.call("POST", paths.backups))).toBe("token_missing");
  const headers = { authorization: `Bearer ${system.ownerToken.trim()}` };
  const response = await system.call("POST", paths.backups, undefined, headers);
  expect(response.status).toBe(201);
  const { snapshot } = (await response.json()) as { snapshot: string };
  expect(await readdir(system.root)).toContain(snapshot);
});
