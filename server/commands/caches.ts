import type { InferOutput } from "valibot";
import type { RestoreCachesAnswerSchema, SavedCache } from "../../protocol/command.ts";
import { storageKeys } from "../../protocol/paths.ts";
import type { ManifestAnswerSchema } from "../../protocol/responder.ts";
import { MAX_CACHE_BYTES, MAX_CACHES } from "../../protocol/sizes.ts";
import type { Database, Queries, Trx } from "../database/database.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { announceOnce } from "../runs/announced.ts";
import { storedCommand, type RunRow } from "../runs/record.ts";
import type { Storage } from "../storage/storage.ts";

export type Caches = ReturnType<typeof createCaches>;

export interface CachesDeps {
  database: Database;
  storage: Storage;
  now: () => number;
}

/** Large folders take their time, and come one after another. */
const EXPIRES_S = 900;
const TYPE = "application/gzip";
/**
 * Caches that a project keeps: each change of what a cache's key is made of makes a new one, and the old
 * ones are hardly asked for again.
 */
const KEPT = 40;
/** For so long an upload that was announced may still be kept: runs may take hours. */
const LOOSE_MS = 24 * 60 * 60 * 1000;
const TOUCH_MS = 24 * 60 * 60 * 1000;

/** Folders that a project's runs keep for those after them. Strangers' runs neither read nor write any. */
export function createCaches({ database, storage, now }: CachesDeps) {
  const { queries } = database;
  const keyOf = (project: string, { name, sha256 }: { name: string; sha256: string }) =>
    storageKeys.cache(project, name, sha256);

  return {
    /** Where each is read, in the order of `names`. */
    async restore(
      run: RunRow,
      names: readonly string[],
    ): Promise<InferOutput<typeof RestoreCachesAnswerSchema>> {
      if (names.length === 0 || isStrangers(run)) return { caches: names.map(() => null) };
      const rows = await queries
        .selectFrom("caches")
        .select(["name", "sha256", "size"])
        .where("project", "=", run.project)
        .where("name", "in", names)
        .execute();
      await touch(run.project, rows);
      const read = async (name: string) => {
        const row = rows.find((one) => one.name === name);
        // A bucket may remove old files by itself.
        if (!row || !(await storage.stat(keyOf(run.project, row)))) return null;
        const url = await storage.presignGet(keyOf(run.project, row), EXPIRES_S, "machine");
        return { url, sha256: row.sha256, size: row.size };
      };
      return { caches: await Promise.all(names.map(read)) };
    },

    /** One upload for each. `held` answers the run of an attempt that whoever asks holds. */
    async announce(
      held: (trx: Trx) => Promise<RunRow>,
      caches: readonly SavedCache[],
    ): Promise<InferOutput<typeof ManifestAnswerSchema>> {
      if (caches.some(({ size }) => size > MAX_CACHE_BYTES)) {
        throw new ApiError("body_invalid", `caches: ${MAX_CACHE_BYTES} bytes at most, each.`);
      }
      const { project } = await database.write(async (trx) => {
        const run = await held(trx);
        if (isStrangers(run)) throw new ApiError("upload_refused", "Strangers keep no caches.");
        const said = caches.map(({ name, sha256 }) => [`cache ${name}`, sha256]);
        const all = Object.keys(await announceOnce(trx, run, Object.fromEntries(said)));
        if (all.filter((what) => what.startsWith("cache ")).length > MAX_CACHES) {
          throw new ApiError("upload_refused", `A run keeps ${MAX_CACHES} caches at most.`);
        }
        // Whether or not the run keeps them: what it uploads may be nobody's from the start.
        await loosen(trx, run.project, caches);
        return run;
      });
      const uploads = caches.map(({ name, sha256, size }) =>
        storage.presignPut(
          keyOf(project, { name, sha256 }),
          { size, type: TYPE, sha256 },
          EXPIRES_S,
        ),
      );
      return { uploads: await Promise.all(uploads) };
    },

    /** From now on runs restore these, where storage has them; what they replace is removed. */
    async keep(run: RunRow, caches: readonly SavedCache[]): Promise<void> {
      if (isStrangers(run)) return;
      const { project } = run;
      for (const cache of caches) {
        const { name, sha256, size } = cache;
        const stored = await storage.stat(keyOf(project, cache));
        if (stored?.size !== size || (stored.sha256 ?? sha256) !== sha256) continue;
        const row = { project, name, sha256, size, saved_at: now(), used_at: now() };
        const replaced = await database.write(async (trx) => {
          const before = await cachesOf(trx, project)
            .where("name", "=", name)
            .where("sha256", "<>", sha256)
            .execute();
          await trx
            .insertInto("caches")
            .values(row)
            .onConflict((conflict) => conflict.columns(["project", "name"]).doUpdateSet(row))
            .execute();
          await looseOf(trx, row).execute();
          await loosen(trx, project, before);
          return before;
        });
        await removeFiles(project, replaced);
      }
      await removeOldest(project);
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

  /** They are used, as is put on record once a day: some are restored each minute. */
  async function touch(project: string, rows: readonly Cache[]): Promise<void> {
    if (rows.length === 0) return;
    await queries
      .updateTable("caches")
      .set({ used_at: now() })
      .where("project", "=", project)
      .where(
        "name",
        "in",
        rows.map(({ name }) => name),
      )
      .where("used_at", "<", now() - TOUCH_MS)
      .execute();
  }

  async function loosen(trx: Trx, project: string, caches: readonly Cache[]): Promise<void> {
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
    await loosen(trx, project, caches);
  }

  async function removeOldest(project: string): Promise<void> {
    const surplus = await database.write(async (trx) => {
      // SQLite knows an offset only behind a limit.
      const rows = (await cachesOf(trx, project).orderBy("saved_at", "desc").execute()).slice(KEPT);
      await dropRows(trx, project, rows);
      return rows;
    });
    await removeFiles(project, surplus);
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
}

type Cache = Pick<SavedCache, "name" | "sha256">;

function cachesOf(queries: Queries, project: string) {
  return queries.selectFrom("caches").select(["name", "sha256"]).where("project", "=", project);
}

function looseOf(trx: Queries, { project, name, sha256 }: Cache & { project: string }) {
  return trx
    .deleteFrom("loose_caches")
    .where("project", "=", project)
    .where("name", "=", name)
    .where("sha256", "=", sha256);
}

function isStrangers(run: RunRow): boolean {
  return storedCommand(run).stranger;
}
