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
 * Caches that a project keeps: each change of what a cache's key is made of makes a new one, and the old
 * ones are hardly asked for again.
 */
const KEPT = 40;
/** For so long an upload that was announced may still be kept: runs may take hours. */
const LOOSE_MS = 24 * 60 * 60 * 1000;

/**
 * Removes caches. A file goes after its row: in between it is loose, which is on record, so that a crash leaves no
 * file that nothing leads to.
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

  /** No row leads to them any more; their files are to follow. */
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

  /** Those that no row leads to: one may have been kept anew meanwhile. */
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

    /** Removes those over what a project keeps. */
    async removeOldest(project: string): Promise<void> {
      const surplus = await database.write(async (trx) => {
        // SQLite knows an offset only behind a limit.
        const rows = (await cachesOf(trx, project).orderBy("saved_at", "desc").execute()).slice(
          KEPT,
        );
        await dropRows(trx, project, rows);
        return rows;
      });
      await removeFiles(project, surplus);
    },

    /** Removes all that a project keeps. */
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
     * Removes what no run restored or saved since `before`, and files that a crash or an upload without an
     * end left behind. Resolves with the number of caches that went.
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
