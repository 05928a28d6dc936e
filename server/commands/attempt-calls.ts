import type { CheckoutRequest, SavedCache } from "../../protocol/command.ts";
import type { Database, Trx } from "../database/database.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { Claimant } from "../runs/claimant.ts";
import type { Leases } from "../runs/leases.ts";
import type { RunRow } from "../runs/record.ts";
import type { Runs } from "../runs/runs.ts";
import type { Storage } from "../storage/storage.ts";
import { createCaches } from "./caches.ts";
import { keepCheckout } from "./checkout.ts";

export interface AttemptCallsDeps {
  database: Database;
  storage: Storage;
  runs: Runs;
  leases: Leases;
  now: () => number;
}

export type AttemptCalls = ReturnType<typeof createAttemptCalls>;

/** Calls of the machine that holds a command run's attempt, beside those of every attempt. */
export function createAttemptCalls(deps: AttemptCallsDeps) {
  const { database, runs, leases, now } = deps;
  const caches = createCaches(deps);

  /** The run of an attempt that `machine` holds. Throws `attempt_over` or `attempt_not_held`. */
  async function held(trx: Trx, machine: Claimant, run: string, attempt: number): Promise<RunRow> {
    const row = await leases.held(trx, machine, run, attempt);
    if (row.kind !== "command") throw new ApiError("attempt_not_held", "It is a block's.");
    return row;
  }

  return {
    async checkout(machine: Claimant, run: string, found: CheckoutRequest): Promise<void> {
      await database.write(async (trx) =>
        keepCheckout(trx, await held(trx, machine, run, found.attempt), found, now()),
      );
    },

    async restoreCaches(machine: Claimant, run: string, attempt: number, names: string[]) {
      const row = await database.write((trx) => held(trx, machine, run, attempt));
      return caches.restore(row, names);
    },

    async announceCaches(machine: Claimant, run: string, attempt: number, saved: SavedCache[]) {
      return caches.announce((trx) => held(trx, machine, run, attempt), saved);
    },

    /** Keeps the caches of a run whose end was just accepted. */
    async keepCaches(run: string, saved: readonly SavedCache[]): Promise<void> {
      const row = saved.length > 0 ? await runs.find(run) : undefined;
      if (row?.kind === "command") await caches.keep(row, saved);
    },
  };
}
