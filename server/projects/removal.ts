import { ApiError } from "../../protocol/deferred-error.ts";
import { RESTORABLE_S, type RemovedProject } from "../../protocol/projects.ts";
import type { Database, Trx } from "../database/database.ts";
import { FIRST_PROJECT } from "../settings/data-folder.ts";

const RESTORABLE_MS = RESTORABLE_S * 1000;

/** Rows that are deleted for good with a project. */
const PURGED_WITH_PROJECT = [
  "project_secrets",
  "hooks",
  "schedules",
  "known_refs",
  "api_tokens",
  "registered_blocks",
] as const;

/** Removes projects, and restores those that were removed in the last seven days. */
export function createRemoval({ database, now }: { database: Database; now: () => number }) {
  const { queries, write } = database;

  /** The projects that were removed and not purged yet. */
  const removedRows = () =>
    queries
      .selectFrom("projects")
      .select(["slug", "removed_at"])
      .where("removed_at", "is not", null)
      .where("purged_at", "is", null);

  return {
    /**
     * Removes the project: from now on nothing finds it, its keys, hooks and tokens. Its rows stay until `purge`, and
     * its name stays taken after that. The caller cancels runs that have not ended.
     */
    async remove(slug: string): Promise<void> {
      if (slug === FIRST_PROJECT) throw new ApiError("project_needed");
      await write((trx) => removeProject(trx, slug, now()));
    },

    /** Those that can be restored, the last removed first. */
    async removedProjects(): Promise<RemovedProject[]> {
      const rows = await removedRows()
        .where("removed_at", ">", now() - RESTORABLE_MS)
        .orderBy("removed_at", "desc")
        .execute();
      return rows.map(({ slug, removed_at }) => ({
        slug,
        removed_at: new Date(removed_at!).toISOString(),
        restorable_until: new Date(removed_at! + RESTORABLE_MS).toISOString(),
      }));
    },

    /** Brings a removed project back, with all that stopped. Throws `project_not_found` or `project_purged`. */
    async restore(slug: string): Promise<void> {
      const restored = await queries
        .updateTable("projects")
        .set({ removed_at: null })
        .where("slug", "=", slug)
        .where("purged_at", "is", null)
        .where("removed_at", ">", now() - RESTORABLE_MS)
        .executeTakeFirst();
      if (restored.numUpdatedRows > 0n) return;
      const row = await queries
        .selectFrom("projects")
        .select("removed_at")
        .where("slug", "=", slug)
        .executeTakeFirst();
      if (!row) throw new ApiError("project_not_found");
      // Idempotent: it is there.
      if (row.removed_at !== null) throw new ApiError("project_purged");
    },

    /** The projects that can't be restored any more and wait for `purge`. */
    async purgeable(): Promise<string[]> {
      const rows = await removedRows()
        .where("removed_at", "<=", now() - RESTORABLE_MS)
        .execute();
      return rows.map(({ slug }) => slug);
    },

    /** Deletes the secrets and settings of a removed project. The row stays as a tombstone of its name. */
    purge: (slug: string): Promise<void> => write((trx) => purgeProject(trx, slug, now())),
  };
}

async function removeProject(trx: Trx, slug: string, now: number): Promise<void> {
  const removed = await trx
    .updateTable("projects")
    .set({ removed_at: now })
    .where("slug", "=", slug)
    .where("removed_at", "is", null)
    .executeTakeFirst();
  if (removed.numUpdatedRows === 0n) throw new ApiError("project_not_found");
  await trx
    .updateTable("notices")
    .set({ next_at: null, answer: "The project was removed." })
    .where("project", "=", slug)
    .where("next_at", "is not", null)
    .execute();
}

async function purgeProject(trx: Trx, slug: string, now: number): Promise<void> {
  const purged = await trx
    .updateTable("projects")
    .set({ purged_at: now })
    .where("slug", "=", slug)
    .where("removed_at", "is not", null)
    .executeTakeFirst();
  if (purged.numUpdatedRows === 0n) return; // It was restored meanwhile.
  for (const table of PURGED_WITH_PROJECT) {
    await trx.deleteFrom(table).where("project", "=", slug).execute();
  }
  await trx
    .updateTable("outgoing_hooks")
    .set({ removed_at: now, sealed_secret: "" })
    .where("project", "=", slug)
    .execute();
}
