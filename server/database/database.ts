import type { Kysely, Transaction } from "kysely";
import type { Tables } from "./schema.ts";

/** Where a query may run: outside a transaction or in one. */
export type Queries = Kysely<Tables>;
export type Trx = Transaction<Tables>;

export interface Database {
  /** For reads and for single statements. */
  queries: Queries;
  /** Runs `work` in a transaction that can write; it is on the disk when this resolves. Never nest. */
  write<Result>(work: (trx: Trx) => Promise<Result>): Promise<Result>;
  /**
   * Runs `work` without waiting for the disk: what it writes survives a crash of the process, and may be
   * lost in a power cut. For what is written often and can be found out again.
   */
  lightly<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result>;
  /**
   * Writes a copy of all of it, as it is at one moment, into a new file. Others wait meanwhile; `then` has its
   * turn before them.
   */
  backup(file: string, then: (queries: Queries) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}
