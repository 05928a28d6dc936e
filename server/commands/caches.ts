import type { InferOutput } from "valibot";
import type { RestoreCachesAnswerSchema, SavedCache } from "../../protocol/command.ts";
import type { ManifestAnswerSchema } from "../../protocol/responder.ts";
import { MAX_CACHE_BYTES, MAX_CACHES } from "../../protocol/sizes.ts";
import type { Database, Trx } from "../database/database.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { cachesOf, createCacheRemoval, keyOf, looseOf, type Cache } from "./cache-removal.ts";
import { announceOnce } from "../runs/announced.ts";
import { storedCommand, type RunRow } from "../runs/record.ts";
import type { Storage } from "../storage/storage.ts";

export type Caches = ReturnType<typeof createCaches>;

export interface CachesDeps {
  database: Database;
  storage: Storage;
  now: () => number;
}

/** Large folders take long, and upload one after another. */
const EXPIRES_S = 900;
const TYPE = "application/gzip";
const TOUCH_MS = 24 * 60 * 60 * 1000;

/** Folders that a project's runs keep for later runs. Strangers' runs neither read nor write any. */
export function createCaches(deps: CachesDeps) {
  const { database, storage, now } = deps;
  const { queries } = database;
  const removal = createCacheRemoval(deps);
  const { addLoose, removeFiles } = removal;

  return {
    forget: removal.forget,
    removeUnused: removal.removeUnused,

    /** The download of each cache, in the order of `names`. */
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
        // A bucket's lifecycle rules may remove old files.
        if (!row || !(await storage.stat(keyOf(run.project, row)))) return null;
        const url = await storage.presignGet(keyOf(run.project, row), EXPIRES_S, "machine");
        return { url, sha256: row.sha256, size: row.size };
      };
      return { caches: await Promise.all(names.map(read)) };
    },

    /** One upload for each. `held` returns the run of an attempt that the caller holds. */
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
        // Recorded as loose first: if the run does not keep them, its uploads belong to no row.
        await addLoose(trx, run.project, caches);
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

    /**
     * Makes later runs restore these caches, where storage has them; removes the caches that they replace.
     */
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
          await addLoose(trx, project, before);
          return before;
        });
        await removeFiles(project, replaced);
      }
      await removal.removeOldest(project);
    },
  };

  /** Records the use of caches once a day: some are restored every minute. */
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
}

function isStrangers(run: RunRow): boolean {
  return storedCommand(run).stranger;
}
