import {
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from "kysely";
import type { PreparedStatements } from "./prepared-statements.ts";
import type { ConnectionLock } from "./connection-lock.ts";

/** Kysely over one connection, which it takes for each query by itself. `flush` is awaited after those that write. */
export function queryDialect(
  statements: PreparedStatements,
  lock: ConnectionLock,
  flush: () => Promise<void>,
): Dialect {
  const connection = new NodeSqliteConnection(statements);
  let before = 0;
  return dialectOf({
    ...driverOf(connection, statements),
    async acquireConnection() {
      await lock.take();
      before = statements.written;
      return connection;
    },
    async releaseConnection() {
      const wrote = statements.written !== before;
      // Others go on during the flush.
      lock.leave();
      if (wrote) await flush();
    },
  });
}

/** Kysely over the same connection for users to whom it belongs already, in a transaction. */
export function transactionDialect(statements: PreparedStatements): Dialect {
  return dialectOf(driverOf(new NodeSqliteConnection(statements), statements));
}

function dialectOf(driver: Driver): Dialect {
  return {
    createAdapter: () => new OneConnectionAdapter(),
    createDriver: () => driver,
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** The transactions are those of migrations; others are `Database.write`. */
function driverOf(connection: DatabaseConnection, statements: PreparedStatements): Driver {
  return {
    init: async () => {},
    acquireConnection: async () => connection,
    beginTransaction: async () => void statements.run("begin", []),
    commitTransaction: async () => void statements.run("commit", []),
    rollbackTransaction: async () => statements.rollBack(),
    releaseConnection: async () => {},
    destroy: async () => statements.close(),
  };
}

class OneConnectionAdapter extends SqliteAdapter {
  /** True: who may use the connection is decided by the lock, so Kysely needs no lock of its own. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }

  /**
   * SQLite's DDL is transactional; Kysely's adapter says otherwise, and its migrator would commit each statement
   * by itself: a process killed in between would leave a database that no later start can migrate.
   */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class NodeSqliteConnection implements DatabaseConnection {
  readonly #statements: PreparedStatements;

  constructor(statements: PreparedStatements) {
    this.#statements = statements;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const { rows, changes } = this.#statements.run(sql, parameters);
    return { rows: rows as Row[], numAffectedRows: BigInt(changes) };
  }

  async *streamQuery<Row>({
    sql,
    parameters,
  }: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    for (const row of this.#statements.iterate(sql, parameters)) yield { rows: [row as Row] };
  }
}
