import { sql } from "kysely";
import type { Logger } from "pino";
import { storageKeys } from "../../protocol/paths.ts";
import type { Receipt } from "../../blocks/receipt.ts";
import type { Database, Queries, Trx } from "../database/database.ts";
import { prepared } from "../database/prepared.ts";
import type { Storage } from "../storage/storage.ts";
import type { RunRow } from "./record.ts";
import { createPauses } from "./pauses.ts";
import { buildResult } from "./result.ts";
import type { Addresses } from "./view.ts";

export interface ResultsDeps {
  database: Database;
  storage: Storage;
  addresses: Addresses;
  signReceipt: (receipt: Omit<Receipt, "iss">) => Promise<string>;
  log: Logger;
  /** A monotonic clock in milliseconds, for the backoff of failed writes. */
  steady?: () => number;
}

const OVER = Symbol("over");
/** Most time for a write: a storage may accept a result and never answer. */
const WRITTEN_WITHIN_MS = 60_000;
/** Most time that callers wait for a write: planning is one of them. */
const WAITED_MS = 3000;

/** Most output of a run whose result is built while others wait for the database. */
const MOST_WITHIN = 32 * 1024;

/** The backoff's name for storage itself; other names are runs. */
const STORAGE = "";

const markWritten = prepared((queries, { id }: { id: string }) =>
  queries.updateTable("runs").set({ result_written: 1 }).where("id", "=", id),
);

export type Results = ReturnType<typeof createResults>;

/**
 * Writes the results of runs that ended. Storage may fail for a while, as a full disk does: callers that
 * wait for the run's end go on without the result, and the sweep retries with backoff.
 */
export function createResults({ database, storage, addresses, ...deps }: ResultsDeps) {
  const { signReceipt, log } = deps;
  const { queries } = database;
  /** Writes under way, shared by all callers that wait for one. */
  const underWay = new Map<string, Promise<boolean>>();
  const pauses = createPauses({ steady: deps.steady ?? (() => performance.now()) });

  async function write(row: RunRow): Promise<boolean> {
    try {
      const body = await bodyOf(queries, row);
      return body !== undefined && (await store(row, body));
    } finally {
      underWay.delete(row.id);
    }
  }

  /**
   * Undefined where the result can't be built: a fault of this run alone, so other results are still
   * stored.
   */
  async function bodyOf(on: Queries, row: RunRow): Promise<Buffer | undefined> {
    try {
      const result = await buildResult(on, addresses.url, row, signReceipt);
      pauses.over(row.id);
      return Buffer.from(JSON.stringify(result, null, 2));
    } catch (error) {
      if (pauses.failed(row.id, error)) {
        log.error({ err: error, run: row.id }, "a result could not be made; it is tried again");
      }
      return undefined;
    }
  }

  async function store(row: RunRow, body: Buffer): Promise<boolean> {
    try {
      const stored = storage.put(resultKey(row), body, "application/json");
      await within(WRITTEN_WITHIN_MS, stored, () => {
        throw new Error("The storage gave no answer.");
      });
      await database.writeUnsynced((trx) => markWritten(trx, { id: row.id }));
      const tries = pauses.over(STORAGE);
      if (tries > 0) log.info({ tries, run: row.id }, "results are stored again");
      return true;
    } catch (error) {
      if (pauses.failed(STORAGE, error)) {
        log.error({ err: error, run: row.id }, "a result could not be stored; it is tried again");
      }
      return false;
    }
  }

  /**
   * Resolves once the end of a run and its result are stored, or with false where storing the result failed for now.
   * Throws only after a failed flush.
   */
  async function ensure(row: RunRow): Promise<boolean> {
    const isStored = row.result_written === 1 || (await writeOnce(row));
    // The end may be committed and not on the disk yet.
    await database.flushed();
    return isStored;
  }

  async function writeOnce(row: RunRow): Promise<boolean> {
    let waiting = underWay.get(row.id);
    if (!waiting) {
      if (pauses.isOn(STORAGE) || pauses.isOn(row.id)) return false;
      waiting = within(WAITED_MS, write(row), () => false);
      underWay.set(row.id, waiting);
    }
    return waiting;
  }

  return {
    ensure,

    /**
     * Stores the result of a run in the transaction that ends it, so that one flush serves both. False where `ensure`
     * has to store it: it is large, or the storage is elsewhere.
     */
    async storeWithin(trx: Trx, row: RunRow): Promise<boolean> {
      if (!storage.putWithin || row.kind === "command" || row.output_size > MOST_WITHIN)
        return false;
      const body = await bodyOf(trx, row);
      return body !== undefined && storage.putWithin(trx, resultKey(row), body);
    },

    /** Writes results that a crash or a failure left unwritten; stops where storage fails again. */
    async repair(): Promise<void> {
      if (pauses.isOn(STORAGE)) return;
      const rows = await readUnwritten(queries);
      for (const row of rows) {
        if (pauses.isOn(STORAGE)) return;
        await ensure(row);
      }
    },
  };
}

/** Runs that ended whose result is not stored yet, those that ended first before others. */
export function readUnwritten(queries: Queries): Promise<RunRow[]> {
  return (
    queries
      .selectFrom("runs")
      .selectAll()
      .where("ended_at", "is not", null)
      // A literal, as in the index of such runs: SQLite uses no partial index for a parameter.
      .where("result_written", "=", sql.lit(0))
      .orderBy("ended_at")
      .limit(100)
      .execute()
  );
}

/** Storage key of a run's result: a block's result is public. */
export function resultKey({ id, kind }: Pick<RunRow, "id" | "kind">): string {
  return kind === "command" ? storageKeys.privateResult(id) : storageKeys.result(id);
}

async function within<Value>(
  ms: number,
  work: Promise<Value>,
  otherwise: () => Value,
): Promise<Value> {
  const { promise: over, resolve } = Promise.withResolvers<typeof OVER>();
  const timer = setTimeout(() => resolve(OVER), ms);
  try {
    const first = await Promise.race([work, over]);
    return first === OVER ? otherwise() : first;
  } finally {
    clearTimeout(timer);
  }
}
