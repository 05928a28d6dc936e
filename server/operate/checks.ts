import type { Queries } from "../database/database.ts";
import type { DataFolder } from "../settings/data-folder.ts";
import type { Settings } from "../settings/settings.ts";
import type { Storage } from "../storage/storage.ts";
import type { Finding } from "./doctor/finding.ts";
import { findingsOf } from "./doctor/finding.ts";
import { checkClock, checkFolder } from "./doctor/folder.ts";
import { checkPublicUrl, checkStorage } from "./doctor/parts.ts";

export interface ChecksDeps {
  queries: Queries;
  folder: DataFolder;
  settings: Settings;
  storage: Storage;
  now: () => number;
}

export type Checks = ReturnType<typeof createChecks>;

/** The row of `facts` with the moment of the last backup. */
const LAST_BACKUP = "last_backup";
const DAY_MS = 24 * 60 * 60 * 1000;
const LATE_DAYS = 2;

/** The checks of `deferred doctor` that a running server makes of itself. */
export function createChecks({ queries, folder, settings, storage, now }: ChecksDeps) {
  let slow: { at: number; findings: Finding[] } | undefined;

  async function checkBackup(): Promise<Finding> {
    const about = findingsOf("backup");
    const row = await queries
      .selectFrom("facts")
      .select("value")
      .where("name", "=", LAST_BACKUP)
      .executeTakeFirst();
    const fix = "run deferred backup each day, and keep its file elsewhere";
    if (!row) return about.warning("no backup was made yet", fix);
    const days = (now() - Number(row.value)) / DAY_MS;
    const words = days < 1 ? "less than a day" : `${Math.floor(days)} d`;
    return days > LATE_DAYS
      ? about.warning(`the last one is ${words} old`, fix)
      : about.ok(`the last one is ${words} old`);
  }

  return {
    /** Those that take some milliseconds. */
    async quick(): Promise<Finding[]> {
      const folderFindings = await Array.fromAsync(checkFolder(folder));
      const clock = await Array.fromAsync(checkClock(folder, now()));
      return [...folderFindings, ...clock, await checkBackup()];
    },

    /** The last outcome of the others; undefined: they were not made since the start. */
    last: () => slow,

    /** Writes and removes a result, and calls the server at its public address. */
    async check(): Promise<void> {
      const findings = [
        ...(await Array.fromAsync(checkStorage(storage))),
        ...(await Array.fromAsync(checkPublicUrl(settings, folder))),
      ];
      slow = { at: now(), findings };
    },

    /** Records that the database was copied for a backup. */
    async noteBackup(): Promise<void> {
      const row = { name: LAST_BACKUP, value: String(now()) };
      await queries
        .insertInto("facts")
        .values(row)
        .onConflict((conflict) => conflict.column("name").doUpdateSet(row))
        .execute();
    },
  };
}
