import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate as turnOver } from "node:timers/promises";
import type { Trx } from "./database.ts";
import type { PreparedStatements } from "./prepared-statements.ts";
import type { ConnectionLock } from "./connection-lock.ts";

interface Piece {
  work: (trx: Trx) => Promise<unknown>;
  /** Waits until it is on the disk. */
  synced: boolean;
  /** Called once it is committed, while it is flushed. */
  committed: (() => void) | undefined;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

/** A piece of work that was done within the open transaction. */
interface Done extends Piece {
  result: unknown;
}

/** Most pieces of one transaction: all of them wait for its commit. */
const MOST_TOGETHER = 64;

/**
 * Runs pieces of work in transactions. Pieces that wait at the same time share a transaction, its commit and its
 * flush; each has a savepoint, so that a piece that throws takes nothing else back.
 */
export function createTransactions({
  statements,
  lock,
  trx,
  flush,
}: {
  statements: PreparedStatements;
  lock: ConnectionLock;
  trx: Trx;
  /** Brings what was committed onto the disk. */
  flush: () => Promise<void>;
}) {
  const waiting: Piece[] = [];
  let running = false;
  /** The last flush, while it is under way. */
  let flushing: Promise<void> | undefined;

  const run = (sql: string) => statements.run(sql, []);

  /** Undoes the last piece alone. Throws where SQLite has rolled everything back, as on a full disk. */
  function undo(error: unknown): void {
    if (!statements.inTransaction) throw error;
    run("rollback to piece");
    run("release piece");
  }

  /** Undoes a piece with which its transaction began. */
  function undoFirst(): void {
    statements.rollBack();
    run("begin");
  }

  async function transact(done: Done[]): Promise<number> {
    const before = statements.written;
    for (let count = 0; count < MOST_TOGETHER; count++) {
      const piece = waiting.shift();
      if (!piece) break;
      // Most transactions are of one piece, which needs no savepoint.
      const isFirst = done.length === 0;
      try {
        if (!isFirst) run("savepoint piece");
        const result = await piece.work(trx);
        if (!isFirst) run("release piece");
        done.push({ ...piece, result });
      } catch (error) {
        piece.reject(error);
        if (isFirst) undoFirst();
        else undo(error);
      }
    }
    run("commit");
    return statements.written - before;
  }

  /** False where no transaction can begin: the database is closed, or its disk has failed. */
  function begin(): boolean {
    try {
      run("begin");
      return true;
    } catch (error) {
      for (const { reject } of waiting.splice(0)) reject(error);
      return false;
    }
  }

  function flushCommitted(): Promise<void> {
    const own = flush().finally(() => {
      if (flushing === own) flushing = undefined;
    });
    flushing = own;
    return own;
  }

  async function commitWaiting(done: Done[]): Promise<void> {
    const changed = (await transact(done)) > 0;
    const isSynced = done.some(({ synced }) => synced);
    // A repeated call changes nothing, and may not be answered before the writes of the first are on the disk.
    const flushed = isSynced && changed ? flushCommitted() : flushing;
    for (const { synced, committed, resolve, reject, result } of done) {
      committed?.();
      if (!synced || !flushed) resolve(result);
      else flushed.then(() => resolve(result), reject);
    }
  }

  async function next(): Promise<void> {
    const done: Done[] = [];
    await lock.take();
    try {
      if (begin()) await commitWaiting(done);
    } catch (error) {
      for (const { reject } of done) reject(error);
      statements.rollBack();
    } finally {
      lock.leave();
    }
  }

  async function runAll(): Promise<void> {
    running = true;
    while (waiting.length > 0) {
      // Requests that arrive within the same turn of the event loop join.
      await turnOver();
      await next();
    }
    running = false;
  }

  function transactionOf<Result>(
    work: (trx: Trx) => Promise<Result>,
    { synced, committed }: Pick<Piece, "synced"> & Partial<Pick<Piece, "committed">>,
  ): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    // Its own context: log lines name the request that they belong to.
    waiting.push({ work: AsyncLocalStorage.bind(work), synced, committed, resolve, reject });
    if (!running) void runAll();
    return promise as Promise<Result>;
  }

  return Object.assign(transactionOf, {
    /** Resolves once the transactions that were committed so far are on the disk, except unsynced ones. */
    flushed: () => flushing ?? Promise.resolve(),
  });
}
