import type { Kysely, Transaction } from "kysely";
import type { Tables } from "./schema.ts";

/** Runs queries, outside a transaction or in one. */
export type Queries = Kysely<Tables>;
export type Trx = Transaction<Tables>;

export interface Database {
  /** For reads and for single statements. */
  queries: Queries;
  /**
   * Runs `work` in a transaction, which is on the disk when this resolves. Transactions that wait together share one
   * commit and one flush. `committed` is called before the flush, for what may be lost with the transaction. Never nest.
   */
  write<Result>(work: (trx: Trx) => Promise<Result>, committed?: () => void): Promise<Result>;
  /**
   * The same without waiting for the disk: its writes survive a crash of the process, and may be lost in a
   * power cut. For frequent writes that can be recomputed.
   */
  writeUnsynced<Result>(work: (trx: Trx) => Promise<Result>): Promise<Result>;
  /**
   * Resolves once all that `write` has committed so far is on the disk: others can read it before. Rejects where the
   * disk has failed.
   */
  flushed(): Promise<void>;
  /**
   * Writes a consistent copy into a new file. Other queries wait until `then` has resolved.
   */
  backup(file: string, then: (queries: Queries) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}
