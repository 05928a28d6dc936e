import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqlite } from "../../server/database/sqlite.ts";
import { dataFolder } from "../../server/settings/data-folder.ts";

let migrated: Promise<Buffer> | undefined;

/** A new data folder with an empty database of the newest schema, so that no server of a test runs all migrations. */
export async function makeDataFolder(prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  migrated ??= migrateEmpty();
  await writeFile(dataFolder(folder).database, await migrated, { mode: 0o600 });
  return folder;
}

async function migrateEmpty(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "deferred-migrated-"));
  const file = join(folder, "empty.db");
  try {
    await (await openSqlite(file)).close();
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}
