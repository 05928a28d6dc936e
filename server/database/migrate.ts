import { sql } from "kysely";
import { Migrator, type Migration } from "kysely/migration";
import { DeferredError } from "../../protocol/deferred-error.ts";
import type { Queries } from "./database.ts";
import { initial } from "./migrations/001-initial.ts";
import { listsOfRuns } from "./migrations/002-lists-of-runs.ts";
import { knownRefs } from "./migrations/004-known-refs.ts";
import { refusedDeliveries } from "./migrations/003-refused-deliveries.ts";
import { registeredBlocks } from "./migrations/005-registered-blocks.ts";
import { auditLog } from "./migrations/007-audit.ts";
import { projectTokens } from "./migrations/006-project-tokens.ts";
import { blockFiles } from "./migrations/008-block-files.ts";
import { blockNames } from "./migrations/009-block-names.ts";
import { lastResults } from "./migrations/010-last-results.ts";
import { sessionFacts } from "./migrations/011-session-facts.ts";
import { blockCounts } from "./migrations/012-block-counts.ts";
import { actors } from "./migrations/013-actors.ts";
import { users } from "./migrations/014-users.ts";
import { machineFacts } from "./migrations/015-machine-facts.ts";
import { runsByBlock } from "./migrations/016-runs-by-block.ts";
import { runLists } from "./migrations/017-run-lists.ts";
import { approvedAuthors } from "./migrations/018-approved-authors.ts";
import { members } from "./migrations/019-members.ts";
import { removedProjects } from "./migrations/020-removed-projects.ts";
import { leanIndexes } from "./migrations/021-lean-indexes.ts";
import { inviters } from "./migrations/022-inviters.ts";
import { tokenMakers } from "./migrations/023-token-makers.ts";
import { setters } from "./migrations/024-setters.ts";
import { waitingByProject } from "./migrations/025-waiting-by-project.ts";
import { documents } from "./migrations/026-documents.ts";
import { keyRevokers } from "./migrations/027-key-revokers.ts";

/** By file name, in this order. A released migration is never changed. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "001-initial": initial,
  "002-lists-of-runs": listsOfRuns,
  "003-refused-deliveries": refusedDeliveries,
  "004-known-refs": knownRefs,
  "005-registered-blocks": registeredBlocks,
  "006-project-tokens": projectTokens,
  "007-audit": auditLog,
  "008-block-files": blockFiles,
  "009-block-names": blockNames,
  "010-last-results": lastResults,
  "011-session-facts": sessionFacts,
  "012-block-counts": blockCounts,
  "013-actors": actors,
  "014-users": users,
  "015-machine-facts": machineFacts,
  "016-runs-by-block": runsByBlock,
  "017-run-lists": runLists,
  "018-approved-authors": approvedAuthors,
  "019-members": members,
  "020-removed-projects": removedProjects,
  "021-lean-indexes": leanIndexes,
  "022-inviters": inviters,
  "023-token-makers": tokenMakers,
  "024-setters": setters,
  "025-waiting-by-project": waitingByProject,
  "026-documents": documents,
  "027-key-revokers": keyRevokers,
};

/**
 * Brings the database to the newest schema. All or nothing: the pending migrations run in one transaction, so a
 * process that is killed leaves a database that the next start migrates. Throws `database_newer` after a
 * downgrade, and `database_pre_release` for one from before `001-initial`, whose migrations were not atomic.
 */
export async function migrate(
  db: Queries,
  migrations: Readonly<Record<string, Migration>>,
): Promise<void> {
  if (await isPreRelease(db)) {
    throw new DeferredError("database_pre_release", "The database was made by a pre-release.");
  }
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error instanceof Error && /^corrupted migrations: .* is missing$/.test(error.message)) {
    const message = "The database is of a newer release.";
    throw new DeferredError("database_newer", message, { cause: error });
  }
  if (error) {
    const message = "The database could not be migrated.";
    throw new DeferredError("database_failed", message, { cause: error });
  }
}

/** A pre-release that was killed while it migrated left tables without a record of any migration. */
async function isPreRelease(db: Queries): Promise<boolean> {
  const tables = await sql<{ name: string }>`select name from sqlite_schema`.execute(db);
  const names = new Set(tables.rows.map(({ name }) => name));
  if (!names.has("facts")) return false;
  if (!names.has("kysely_migration")) return true;
  const first = await sql`select 1 from kysely_migration where name = '001-initial'`.execute(db);
  return first.rows.length === 0;
}
