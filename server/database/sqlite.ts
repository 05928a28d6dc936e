import { open } from "node:fs/promises";
import { backup, DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import {
  Kysely,
  SqliteAdapter,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type SqliteDatabase,
  type SqliteStatement,
} from "kysely";
import { ApiError, type DeferredError } from "../../protocol/deferred-error.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import type { Database } from "./database.ts";
import { migrate, MIGRATIONS } from "./migrate.ts";
import type { Tables } from "./schema.ts";

/** Pages that a backup copies before it yields to the event loop. */
const PAGES_AT_ONCE = 2000;

export interface SqliteOptions {
  migrations?: typeof MIGRATIONS;
  /** Called once, when a flush failed: the process has to end. All later queries throw. */
  flushFailed?: (error: DeferredError) => void;
}

/**
 * SQLite in one file, by Node's own driver. WAL with `synchronous=FULL`: an acknowledged run
 * survives a power cut. Measured here: about 0.5 ms a commit, 0.05 ms with `NORMAL`, and 8 ms while machines write
 * to the same disk. Therefore transactions flush the log themselves: one flush serves many, and others continue
 * meanwhile. The lock is exclusive, so that a second server on the same data folder is refused.
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
  const dialect = nodeSqliteDialect(connection, { before: refuseAfterFailure, flushFailed: fail });
  const queries = new Kysely<Tables>({ dialect });
  try {
    await migrate(queries, migrations);
  } catch (error) {
    await queries.destroy();
    throw error;
  }
  connection.exec("pragma foreign_keys = on");
  const log = await open(`${file}-wal`, "a", 0o600);
  const flush = oneAtATime(async () => {
    refuseAfterFailure();
    await log.datasync().catch(fail);
    refuseAfterFailure();
  });
  const changes = connection.prepare("select total_changes() as count");

  const writeUnsynced: Database["writeUnsynced"] = (work) =>
    queries.connection().execute(async (only) => {
      refuseAfterFailure();
      connection.exec("pragma synchronous = normal");
      try {
        return await work(only);
      } finally {
        connection.exec("pragma synchronous = full");
      }
    });

  return {
    queries,
    async write(work) {
      const { result, changed } = await writeUnsynced(async (only) => {
        const before = changes.get()!["count"];
        const result = await only.transaction().execute(work);
        return { result, changed: changes.get()!["count"] !== before };
      });
      if (changed) await flush();
      return result;
    },
    writeUnsynced,
    async backup(to, then) {
      await (await open(to, "wx", 0o600)).close();
      // Holds the connection, so that the copy contains no half of another caller's transaction.
      await queries.connection().execute(async (only) => {
        await backup(connection, to, { rate: PAGES_AT_ONCE });
        await then(only);
      });
    },
    async close() {
      await queries.destroy().finally(() => log.close());
    },
  };
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

interface SqliteEvents {
  /** Called before each statement; throws after a failed flush. */
  before: () => void;
  /** Called where a flush of SQLite's own failed. */
  flushFailed: (error: unknown) => void;
}

/** One connection of Node's own driver. */
function nodeSqliteDialect(connection: DatabaseSync, on: SqliteEvents): Dialect {
  return {
    createAdapter: () => new TransactionalDdlAdapter(),
    createDriver: () => new NodeSqliteDriver(connection, on),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/**
 * SQLite's DDL is transactional; Kysely's adapter says otherwise, and its migrator would commit each statement
 * by itself: a process killed in between would leave a database that no later start can migrate.
 */
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** There is one connection, and Kysely gives it to one caller at a time, for a whole transaction. */
class NodeSqliteDriver extends SqliteDriver {
  readonly #connection: DatabaseSync;

  constructor(connection: DatabaseSync, on: SqliteEvents) {
    super({ database: asKyselyDatabase(connection, on) });
    this.#connection = connection;
  }

  /**
   * On a full disk SQLite rolls back by itself. A second rollback would be an error that hides the first.
   */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#connection.isTransaction) await super.rollbackTransaction(connection);
  }
}

/** Node's driver in the shape that Kysely expects. Statements are cached, since each is used often. */
function asKyselyDatabase(connection: DatabaseSync, on: SqliteEvents): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => connection.close(),
    prepare: (text) => {
      on.before();
      let statement = statements.get(text);
      if (!statement) {
        statement = asKyselyStatement(connection.prepare(text), on.flushFailed);
        if (statements.size >= 500) statements.clear();
        statements.set(text, statement);
      }
      return statement;
    },
  };
}

function asKyselyStatement(
  statement: StatementSync,
  flushFailed: (error: unknown) => void,
): SqliteStatement {
  const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
  const watched = <Answer>(work: () => Answer): Answer => {
    try {
      return work();
    } catch (error) {
      if (isFailedFlush(error)) flushFailed(error);
      throw error;
    }
  };
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => watched(() => statement.all(...values(parameters))),
    run: (parameters) => watched(() => statement.run(...values(parameters))),
    iterate: (parameters) => statement.iterate(...values(parameters)) as IterableIterator<unknown>,
  };
}

/** SQLITE_IOERR_FSYNC and SQLITE_IOERR_DIR_FSYNC: https://sqlite.org/rescode.html */
function isFailedFlush(error: unknown): boolean {
  return (
    error instanceof Error && "errcode" in error && [1034, 1290].includes(Number(error.errcode))
  );
}
