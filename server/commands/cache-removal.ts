import { storageKeys } from "../../protocol/paths.ts";
import type { SavedCache } from "../../protocol/command.ts";
import type { Database, Queries, Trx } from "../database/database.ts";
import type { Storage } from "../storage/storage.ts";

export interface CacheRemovalDeps {
  database: Database;
  storage: Storage;
  now: () => number;
}

/**
 * Most caches of a project: each change of a cache's key adds a new one, and old ones are hardly used
 * again.
 */
const KEPT = 40;
/** For this long an announced upload may still be kept: runs may take hours. */
const LOOSE_MS = 24 * 60 * 60 * 1000;

/**
 * Removes caches. A file is removed after its row: in between it is recorded as loose, so that a crash
 * leaves no orphaned file.
 */
export function createCacheRemoval({ database, storage, now }: CacheRemovalDeps) {
  const { queries } = database;

  async function addLoose(trx: Trx, project: string, caches: readonly Cache[]): Promise<void> {
    for (const { name, sha256 } of caches) {
      await trx
        .insertInto("loose_caches")
        .values({ project, name, sha256, since: now() })
        .onConflict((conflict) =>
          conflict.columns(["project", "name", "sha256"]).doUpdateSet({ since: now() }),
        )
        .execute();
    }
  }

  /** Drops the rows; their files are removed afterwards. */
  async function dropRows(trx: Trx, project: string, caches: readonly Cache[]): Promise<void> {
    for (const { name } of caches) {
      await trx
        .deleteFrom("caches")
        .where("project", "=", project)
        .where("name", "=", name)
        .execute();
    }
    await addLoose(trx, project, caches);
  }

  /** Removes only files without a row: a cache may have been kept anew meanwhile. */
  async function removeFiles(project: string, caches: readonly Cache[]): Promise<void> {
    for (const cache of caches) {
      const kept = await cachesOf(queries, project)
        .where("name", "=", cache.name)
        .where("sha256", "=", cache.sha256)
        .executeTakeFirst();
      if (!kept) await storage.remove(keyOf(project, cache));
      await looseOf(queries, { project, ...cache }).execute();
    }
  }

  return {
    addLoose,
    removeFiles,

    /** Removes the oldest caches beyond the project's limit. */
    async removeOldest(project: string): Promise<void> {
      const surplus = await database.write(async (trx) => {
        // SQLite allows an offset only after a limit.
        const rows = (await cachesOf(trx, project).orderBy("saved_at", "desc").execute()).slice(
          KEPT,
        );
        await dropRows(trx, project, rows);
        return rows;
      });
      await removeFiles(project, surplus);
    },

    /** Removes all caches of a project. */
    async forget(project: string): Promise<void> {
      await removeFiles(
        project,
        await database.write(async (trx) => {
          const all = await cachesOf(trx, project).execute();
          await dropRows(trx, project, all);
          return all;
        }),
      );
    },

    /**
     * Removes caches that no run restored or saved since `before`, and files left by a crash or an
     * unfinished upload. Resolves with the number of removed caches.
     */
    async removeUnused(before: number): Promise<number> {
      const unused = await database.write(async (trx) => {
        const rows = await trx
          .selectFrom("caches")
          .select(["project", "name", "sha256"])
          .where("used_at", "<", before)
          .execute();
        for (const row of rows) await dropRows(trx, row.project, [row]);
        return rows;
      });
      const loose = await queries
        .selectFrom("loose_caches")
        .select(["project", "name", "sha256"])
        .where("since", "<", now() - LOOSE_MS)
        .execute();
      for (const cache of [...unused, ...loose]) await removeFiles(cache.project, [cache]);
      return unused.length;
    },
  };
}

export type Cache = Pick<SavedCache, "name" | "sha256">;

export function cachesOf(queries: Queries, project: string) {
  return queries.selectFrom("caches").select(["name", "sha256"]).where("project", "=", project);
}

export function looseOf(trx: Queries, { project, name, sha256 }: Cache & { project: string }) {
  return trx
    .deleteFrom("loose_caches")
    .where("project", "=", project)
    .where("name", "=", name)
    .where("sha256", "=", sha256);
}

export function keyOf(project: string, { name, sha256 }: Cache): string {
  return storageKeys.cache(project, name, sha256);
}
