import { randomBytes } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "../../database/database.ts";

const NAME = /^snapshot-[0-9a-f]{16}\.db$/;
/** Whoever asked for one that is this old will not come for it any more. */
const FORGOTTEN_MS = 60 * 60 * 1000;

/** Puts a copy of the whole database, as it is at one moment, into the data folder; answers its name. */
export function takeSnapshot(database: Database, folder: string): Promise<string> {
  return newSnapshot(folder, async (copy) => {
    const begun = performance.now();
    await database.backup(copy, async (queries) => {
      // Nobody could renew a lease meanwhile, so none may lapse by it.
      const ms = Math.ceil(performance.now() - begun);
      await queries
        .updateTable("runs")
        .set((row) => ({ lease_until: row("lease_until", "+", ms) }))
        .where("state", "=", "running")
        .execute();
    });
  });
}

/** The name of a copy that `make` puts where it is told. */
export async function newSnapshot(
  folder: string,
  make: (copy: string) => Promise<void>,
): Promise<string> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (!NAME.test(name)) continue;
    const found = await stat(path).catch(() => undefined); // Whoever made it may be done with it.
    if (found && Date.now() - found.mtimeMs > FORGOTTEN_MS) await removeSnapshot(path);
  }
  const name = `snapshot-${randomBytes(8).toString("hex")}.db`;
  const path = join(folder, name);
  try {
    await make(path);
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
