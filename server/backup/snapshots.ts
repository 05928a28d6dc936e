import { randomBytes } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "../database/database.ts";

const NAME = /^snapshot-[0-9a-f]{16}\.db$/;
/** Whoever asked for one that is this old will not come for it any more. */
const FORGOTTEN_MS = 60 * 60 * 1000;

/** Puts a copy of the whole database, as it is at one moment, into the data folder; answers its name. */
export async function takeSnapshot(database: Database, folder: string): Promise<string> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (NAME.test(name) && Date.now() - (await stat(path)).mtimeMs > FORGOTTEN_MS)
      await removeSnapshot(path);
  }
  const name = `snapshot-${randomBytes(8).toString("hex")}.db`;
  const path = join(folder, name);
  try {
    const begun = performance.now();
    await database.backup(path, async (queries) => {
      // Nobody could renew a lease meanwhile, so none may lapse by it.
      const ms = Math.ceil(performance.now() - begun);
      await queries
        .updateTable("runs")
        .set((row) => ({ lease_until: row("lease_until", "+", ms) }))
        .where("state", "=", "running")
        .execute();
    });
  } catch (error) {
    await removeSnapshot(path);
    throw error;
  }
  return name;
}

/** With what SQLite puts beside it once somebody has looked into it. */
export async function removeSnapshot(path: string): Promise<void> {
  for (const beside of ["", "-wal", "-shm"]) await rm(path + beside, { force: true });
}
