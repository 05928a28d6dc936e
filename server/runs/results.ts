import type { Logger } from "pino";
import { storageKeys } from "../../protocol/paths.ts";
import type { Receipt } from "../blocks/receipt.ts";
import type { Database } from "../database/database.ts";
import type { Storage } from "../storage/storage.ts";
import type { RunRow } from "./record.ts";
import { buildResult } from "./result.ts";
import type { Addresses } from "./view.ts";

export interface ResultsDeps {
  database: Database;
  storage: Storage;
  addresses: Addresses;
  signReceipt: (receipt: Omit<Receipt, "iss">) => Promise<string>;
  log: Logger;
}

const OVER = Symbol("over");
/** How long a storage may take that accepts a result and says nothing. */
const WRITTEN_WITHIN_MS = 60_000;
/** Between two tries, however many readers ask for the run meanwhile. */
const AGAIN_MS = 1000;
/** How long anybody waits for that: planning does, among others. */
const WAITED_MS = 3000;

/**
 * Writes the results of runs that ended. Storage may fail for a while, as a full disk does: whoever
 * waits for the run's end is not kept from it, and the sweep tries again.
 */
export function createResults({ database, storage, addresses, ...deps }: ResultsDeps) {
  const { signReceipt, log } = deps;
  const { queries } = database;
  /** What is being written, and what whoever waits for it waits for. */
  const underWay = new Map<string, Promise<boolean>>();
  /** What could not be written just now. */
  const failed = new Set<string>();

  async function write(row: RunRow): Promise<boolean> {
    try {
      const result = await buildResult(queries, addresses.url, row, signReceipt);
      const body = Buffer.from(JSON.stringify(result, null, 2));
      const stored = storage.put(resultKey(row), body, "application/json");
      await within(WRITTEN_WITHIN_MS, stored, () => {
        throw new Error("The storage gave no answer.");
      });
      const written = { result_written: 1 };
      await database.lightly((light) =>
        light.updateTable("runs").set(written).where("id", "=", row.id).execute(),
      );
      return true;
    } catch (error) {
      log.error({ err: error, run: row.id }, "a result could not be stored; it is tried again");
      failed.add(row.id);
      setTimeout(() => failed.delete(row.id), AGAIN_MS).unref();
      return false;
    } finally {
      underWay.delete(row.id);
    }
  }

  /** Resolves when the result of a run that ended is stored, or could not be for now: false. Never throws. */
  async function ensure(row: RunRow): Promise<boolean> {
    if (row.result_written === 1) return true;
    if (failed.has(row.id)) return false;
    let waiting = underWay.get(row.id);
    if (!waiting) {
      waiting = within(WAITED_MS, write(row), () => false);
      underWay.set(row.id, waiting);
    }
    return waiting;
  }

  return {
    ensure,

    /** Writes what a crash or a failure left unwritten; stops at the first that fails again. */
    async repair(): Promise<void> {
      const rows = await queries
        .selectFrom("runs")
        .selectAll()
        .where("ended_at", "is not", null)
        .where("result_written", "=", 0)
        .orderBy("ended_at")
        .limit(100)
        .execute();
      for (const row of rows) {
        failed.delete(row.id);
        if (!(await ensure(row))) return;
      }
    },
  };
}

/** Where a run's result lies: a block's in the open. */
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
