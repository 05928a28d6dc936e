import type { InferOutput } from "valibot";
import type {
  RestoreCachesAnswerSchema,
  SavedCache,
  StoredCommand,
} from "../../protocol/command.ts";
import { storageKeys } from "../../protocol/paths.ts";
import type { ManifestAnswerSchema } from "../../protocol/responder.ts";
import { MAX_CACHE_BYTES } from "../../protocol/sizes.ts";
import type { Database, Queries } from "../database/database.ts";
import { ProblemError } from "../problem.ts";
import type { RunRow } from "../runs/record.ts";
import type { Storage } from "../storage/storage.ts";

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
      const read = async (name: string) => {
        const row = rows.find((one) => one.name === name);
        // Storage removes old files by itself.
        if (!row || !(await storage.stat(keyOf(run.project, row)))) return null;
        const url = await storage.presignGet(keyOf(run.project, row), EXPIRES_S, "machine");
        return { url, sha256: row.sha256, size: row.size };
      };
      return { caches: await Promise.all(names.map(read)) };
    },

    /** One upload for each. */
    async announce(
      run: RunRow,
      caches: readonly SavedCache[],
    ): Promise<InferOutput<typeof ManifestAnswerSchema>> {
      if (isStrangers(run)) throw new ProblemError("upload_refused", "Strangers keep no caches.");
      if (caches.some(({ size }) => size > MAX_CACHE_BYTES)) {
        throw new ProblemError("body_invalid", `caches: ${MAX_CACHE_BYTES} bytes at most, each.`);
      }
      const uploads = caches.map(({ name, sha256, size }) =>
        storage.presignPut(
          keyOf(run.project, { name, sha256 }),
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
        const row = { project, name, sha256, size, saved_at: now() };
        const before = await database.write(async (trx) => {
          const replaced = await cachesOf(trx, project).where("name", "=", name).execute();
          await trx
            .insertInto("caches")
            .values(row)
            .onConflict((conflict) => conflict.columns(["project", "name"]).doUpdateSet(row))
            .execute();
          return replaced;
        });
        await removeFiles(
          project,
          before.filter((one) => one.sha256 !== sha256),
        );
      }
      await removeOldest(project);
    },

    /** Removes all that a project keeps. */
    async forget(project: string): Promise<void> {
      const all = await cachesOf(database.queries, project).execute();
      await database.queries.deleteFrom("caches").where("project", "=", project).execute();
      await removeFiles(project, all);
    },
  };

  async function removeOldest(project: string): Promise<void> {
    const surplus = await database.write(async (trx) => {
      // SQLite knows an offset only behind a limit.
      const rows = (await cachesOf(trx, project).orderBy("saved_at", "desc").execute()).slice(KEPT);
      for (const { name } of rows) {
        await trx
          .deleteFrom("caches")
          .where("project", "=", project)
          .where("name", "=", name)
          .execute();
      }
      return rows;
    });
    await removeFiles(project, surplus);
  }

  async function removeFiles(
    project: string,
    caches: readonly { name: string; sha256: string }[],
  ): Promise<void> {
    for (const cache of caches) await storage.remove(keyOf(project, cache));
  }
}

function cachesOf(queries: Queries, project: string) {
  return queries.selectFrom("caches").select(["name", "sha256"]).where("project", "=", project);
}

function isStrangers(run: RunRow): boolean {
  return (JSON.parse(run.work) as StoredCommand).stranger;
}
