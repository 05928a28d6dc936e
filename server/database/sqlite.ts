import { open, type FileHandle } from "node:fs/promises";
import { backup, DatabaseSync } from "node:sqlite";
import { Kysely, Transaction, type Dialect } from "kysely";
import { ApiError, type DeferredError } from "../../protocol/deferred-error.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import type { Database, Trx } from "./database.ts";
import { queryDialect, transactionDialect } from "./dialect.ts";
import { migrate, MIGRATIONS } from "./migrate.ts";
import { keepDirect } from "./prepared.ts";
import type { Tables } from "./schema.ts";
import { createPreparedStatements } from "./prepared-statements.ts";
import { createTransactions } from "./transactions.ts";
import { createConnectionLock } from "./connection-lock.ts";

/** Pages that a backup copies before it yields to the event loop. */
const PAGES_AT_ONCE = 2000;

export interface SqliteOptions {
  migrations?: typeof MIGRATIONS;
  /** Called once, when a flush failed: the process has to end. All later queries throw. */
  flushFailed?: (error: DeferredError) => void;
}

/**
 * SQLite in one file, by Node's own driver, in WAL mode. SQLite's own flush at each commit (`synchronous=FULL`) would
 * hold the thread, for 0.5 ms here and 8 ms while machines write to the same disk. Therefore writes flush the log
 * themselves: one flush serves many, and others continue meanwhile. The lock is exclusive, so that a second server on
 * the same data folder is refused.
 */
export async function openSqlite(
  file: string,
  { migrations = MIGRATIONS, flushFailed }: SqliteOptions = {},
): Promise<Database> {
  // The log takes its mode from the file, which SQLite would make readable for all.
  await (await open(file, "a", 0o600)).close();
  // Off during migrations, which replace tables that others refer to; it can't be set in a transaction.
  const connection = new DatabaseSync(file, { enableForeignKeyConstraints: false });
  connection.exec(`
    pragma locking_mode = exclusive;
    pragma journal_mode = wal;
    pragma synchronous = full;
    pragma busy_timeout = 1000;
  `);
  let failed: ApiError | undefined;
  const refuseAfterFailure = () => {
    if (failed) throw failed;
  };
  // After a failed flush the kernel drops the dirty pages and reports the error only once. Later flushes succeed, but
  // recovery stops at the gap and would lose the writes after it.
  const fail = (cause: unknown) => {
    if (failed) return;
    const message = "The disk did not keep what was written to it.";
    failed = new ApiError("storage_unavailable", undefined, { message, retryAfterS: 5, cause });
    flushFailed?.(failed);
  };
  const statements = createPreparedStatements(connection, {
    before: refuseAfterFailure,
    flushFailed: fail,
  });
  const lock = createConnectionLock();
  let log: FileHandle | undefined;
  const flush = oneAtATime(async () => {
    refuseAfterFailure();
    await log?.datasync().catch(fail);
    refuseAfterFailure();
  });
  const queries = new Kysely<Tables>({ dialect: queryDialect(statements, lock, flush) });
  const trx = transactionOn(transactionDialect(statements));
  try {
    await migrate(queries, migrations);
  } catch (error) {
    await queries.destroy();
    throw error;
  }
  log = await open(`${file}-wal`, "a", 0o600);
  // From here on `flush` brings commits onto the disk: off the main thread, and one for many.
  connection.exec("pragma foreign_keys = on; pragma synchronous = normal;");
  const transaction = createTransactions({ statements, lock, trx, flush });
  keepDirect(trx, async (query, values) => statements.run(query, values).rows);
  keepDirect(queries, async (query, values) => {
    await lock.take();
    let ran;
    try {
      ran = statements.run(query, values);
    } finally {
      lock.leave();
    }
    if (ran.changes > 0) await flush();
    return ran.rows;
  });

  return {
    queries,
    write: (work, committed) => transaction(work, { synced: true, committed }),
    writeUnsynced: (work) => transaction(work, { synced: false }),
    flushed: transaction.flushed,
    async backup(to, then) {
      await (await open(to, "wx", 0o600)).close();
      // Keeps the connection, so that the copy contains no half of another caller's transaction.
      await lock.take();
      try {
        await backup(connection, to, { rate: PAGES_AT_ONCE });
        await then(trx);
      } finally {
        lock.leave();
      }
    },
    async close() {
      await lock.take();
      await queries.destroy().finally(() => log?.close());
      lock.leave();
    },
  };
}

/** Queries of a transaction that is open on the connection. */
function transactionOn(dialect: Dialect): Trx {
  const kysely = new Kysely<Tables>({ dialect });
  return new Transaction<Tables>({
    config: { dialect },
    driver: dialect.createDriver(),
    dialect,
    executor: kysely.getExecutor(),
  });
}

/** Copies a database of any release that no process has open, without migrating it. */
export async function copySqlite(file: string, to: string): Promise<void> {
  await (await open(to, "wx", 0o600)).close();
  const connection = new DatabaseSync(file);
  try {
    connection.exec("pragma busy_timeout = 1000");
    await backup(connection, to, { rate: PAGES_AT_ONCE });
  } finally {
    connection.close();
  }
}

/** Checks a database that no process has open. Returns up to ten faults as sentences. */
export function checkSqlite(file: string): string[] {
  const connection = new DatabaseSync(file, { readOnly: true });
  try {
    const rows = connection.prepare("pragma quick_check(10)").all();
    const found = rows.map((row) => String(row["quick_check"])).filter((text) => text !== "ok");
    const [strayed] = connection.prepare("pragma foreign_key_check").all();
    if (strayed) found.push(`a row of ${String(strayed["table"])} leads to none`);
    return found;
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  } finally {
    connection.close();
  }
}
