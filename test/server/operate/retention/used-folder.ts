import { rm } from "node:fs/promises";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { paths } from "../../../../protocol/paths.ts";
import { createBlockFiles } from "../../../../server/projects/index.ts";
import { createCaches } from "../../../../server/commands/caches.ts";
import type { Database } from "../../../../server/database/database.ts";
import { openSqlite } from "../../../../server/database/sqlite.ts";
import { dataFolder } from "../../../../server/settings/data-folder.ts";
import { createRetention } from "../../../../server/operate/retention/retention.ts";
import { createFsStorage } from "../../../../server/storage/fs.ts";
import type { Storage } from "../../../../server/storage/storage.ts";
import { makeDataFolder } from "../../../systems/data-folder.ts";
import { startSystem } from "../../system.ts";

export const DAY = 24 * 3_600_000;

export const TABLES = [
  "runs",
  "events",
  "callers",
  "idempotency",
  "deliveries",
  "notices",
  "run_commits",
  "documents",
] as const;

export async function folderOfTest(): Promise<string> {
  const root = await makeDataFolder("deferred-retention-");
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  return root;
}

/** What a server left in `root`, with retention as it is `days` later. */
export async function later(
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
export async function usedFolder() {
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
