/** A driver's connection, as Node's own has it. */
interface Connection {
  readonly isOpen: boolean;
  readonly isTransaction: boolean;
  prepare(sql: string): Statement;
  close(): void;
}

interface Statement {
  columns(): unknown[];
  all(...values: unknown[]): Ran["rows"];
  run(...values: unknown[]): { changes: number | bigint };
  iterate(...values: unknown[]): IterableIterator<unknown>;
}

export interface StatementEvents {
  /** Called before each statement; throws after a failed flush. */
  before: () => void;
  /** Called where a flush of SQLite's own failed. */
  flushFailed: (error: unknown) => void;
}

export interface Ran {
  rows: Record<string, unknown>[];
  /** Rows that it wrote. */
  changes: number;
}

/** Statements kept prepared. Queries are few, but some have a variable number of parameters. */
const MOST_KEPT = 500;

export type PreparedStatements = ReturnType<typeof createPreparedStatements>;

/** Runs SQL on one connection. Each text is prepared once. */
export function createPreparedStatements(connection: Connection, on: StatementEvents) {
  const kept = new Map<string, Kept>();
  let written = 0;

  function find(sql: string): Kept {
    let statement = kept.get(sql);
    if (statement) return statement;
    const prepared = connection.prepare(sql);
    statement = { prepared, returns: prepared.columns().length > 0, reads: !WRITES.test(sql) };
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(sql, statement);
    return statement;
  }

  return {
    /** Throws where the database is closed. */
    run(sql: string, parameters: readonly unknown[]): Ran {
      on.before();
      if (!connection.isOpen) throw new Error("The database is closed.");
      const { prepared, returns, reads } = find(sql);
      try {
        const rows = returns ? prepared.all(...parameters) : [];
        const changes = returns ? rows.length : Number(prepared.run(...parameters).changes);
        if (reads) return { rows, changes: 0 };
        written += changes;
        return { rows, changes };
      } catch (error) {
        if (isFailedFlush(error)) on.flushFailed(error);
        throw error;
      }
    },

    iterate(sql: string, parameters: readonly unknown[]): IterableIterator<unknown> {
      on.before();
      return find(sql).prepared.iterate(...parameters);
    },

    /** Rows written so far. */
    get written(): number {
      return written;
    },

    /** False where SQLite has rolled a transaction back by itself, as on a full disk. */
    get inTransaction(): boolean {
      return connection.isOpen && connection.isTransaction;
    },

    /** Takes an open transaction back, also after a failed flush. On a full disk SQLite has done so by itself. */
    rollBack(): void {
      if (connection.isOpen && connection.isTransaction) connection.prepare("rollback").run();
    },

    close: () => connection.close(),
  };
}

interface Kept {
  prepared: Statement;
  returns: boolean;
  /** It writes no rows. */
  reads: boolean;
}

/** SQLite reports the changes of the statement before for those that change nothing. */
const WRITES =
  /^\s*(?:(?:insert|update|delete|replace)\b|with\b.*\b(?:insert|update|delete|replace)\b)/is;

/** SQLITE_IOERR_FSYNC and SQLITE_IOERR_DIR_FSYNC: https://sqlite.org/rescode.html */
function isFailedFlush(error: unknown): boolean {
  return (
    error instanceof Error && "errcode" in error && [1034, 1290].includes(Number(error.errcode))
  );
}
