import { randomBytes } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "../../database/database.ts";

const NAME = /^snapshot-[0-9a-f]{16}\.db$/;
/** Older snapshots count as abandoned. */
const FORGOTTEN_MS = 60 * 60 * 1000;

/** Writes a consistent copy of the database into the data folder and returns its name. */
export function takeSnapshot(database: Database, folder: string): Promise<string> {
  return newSnapshot(folder, async (copy) => {
    const begun = performance.now();
    await database.backup(copy, async (queries) => {
      // No lease could be renewed during the copy, so all are extended by its duration.
      const ms = Math.ceil(performance.now() - begun);
      await queries
        .updateTable("runs")
        .set((row) => ({ lease_until: row("lease_until", "+", ms) }))
        .where("state", "=", "running")
        .execute();
    });
  });
}

/** Removes abandoned copies, then has `make` write a new one. */
export async function newSnapshot(
  folder: string,
  make: (copy: string) => Promise<void>,
): Promise<string> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (!NAME.test(name)) continue;
    const found = await stat(path).catch(() => undefined); // Another process may remove it.
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

/** Removes a copy and SQLite's journal files beside it. */
export async function removeSnapshot(path: string): Promise<void> {
  for (const beside of ["", "-wal", "-shm"]) await rm(path + beside, { force: true });
}
