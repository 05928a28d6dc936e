import { sql } from "kysely";
import type { ReasonCode } from "../../protocol/reasons.ts";
import type { Holding } from "../../protocol/responder.ts";
import type { Database, Queries, Trx } from "../database/database.ts";
import type { ClaimLedger } from "./claim-ledger.ts";
import { checkHeld, type Claimant } from "./claimant.ts";
import { createAttemptReports, type AttemptReportsDeps } from "./attempt-reports.ts";
import { createLaneHolds } from "./lane-holds.ts";
import { applyInput, type RunRow } from "./record.ts";
import type { Runs } from "./runs.ts";
import { silenceTopic } from "./topics.ts";

/** Seconds for which an attempt may go without a heartbeat. Renewed at a third of it. */
export const LEASE_S = 15;

/** An attempt that a machine was assigned. */
export interface HeldAttempt {
  id: string;
  attempt: number;
}

/** The attempts that a machine holds. */
export function attemptsOf(queries: Queries, launchId: string): Promise<HeldAttempt[]> {
  return queries
    .selectFrom("runs")
    .select(["id", "attempt"])
    .where("state", "=", "running")
    .where("machine", "=", launchId)
    .execute();
}

export type Leases = ReturnType<typeof createLeases>;

/** The attempts that machines hold, each under a lease that fences late callers off. */
export function createLeases(
  { ledger, ...deps }: AttemptReportsDeps & { ledger: ClaimLedger },
  runs: Runs,
) {
  const { database, feed, now } = deps;
  const fromNow = () => now() + LEASE_S * 1000;
  const holds = createLaneHolds(deps);

  /** The row of an attempt that `machine` holds. Throws `attempt_over` where it does not. */
  async function held(trx: Trx, machine: Claimant, run: string, attempt: number): Promise<RunRow> {
    const row = await runs.find(run, trx);
    checkHeld(row, machine, attempt);
    return row;
  }

  async function loseAll(
    ids: readonly { id: string }[],
    reason: ReasonCode,
    stillLost: (row: RunRow) => boolean,
  ): Promise<void> {
    for (const { id } of ids) {
      const after = await database.write(async (trx) => {
        const row = await runs.find(id, trx);
        if (row.state !== "running" || !stillLost(row)) return undefined;
        return applyInput(trx, row, { type: "attempt_lost", reason }, now());
      });
      if (!after) continue;
      deps.onAttemptLost?.(reason);
      await runs.settle(after);
    }
  }

  /** Takes back the attempts of the machine's former registration, and none that it was assigned since. */
  async function attemptsLost(
    launchId: string,
    attempts: readonly HeldAttempt[],
    reason: ReasonCode,
  ): Promise<void> {
    // The machine no longer reads a poll that is still open.
    feed.changed(silenceTopic(launchId));
    for (const { id, attempt } of attempts) {
      const isHeld = (row: RunRow) => row.machine === launchId && row.attempt === attempt;
      await loseAll([{ id }], reason, isHeld);
    }
    await holds.machineLost(launchId);
  }

  return {
    held,
    ...createAttemptReports(deps, runs, held),

    /** Renews leases; returns the runs that the machine no longer holds. */
    async renew(
      machine: Claimant,
      attempts: readonly { run: string; attempt: number }[],
    ): Promise<{ lease_s: number; stop: string[] }> {
      const stop: string[] = [];
      if (attempts.length === 0) return { lease_s: LEASE_S, stop };
      // Unsynced: a renewal that a power cut undoes would have expired before the server is back.
      await database.writeUnsynced(async (light) => {
        for (const { run, attempt } of attempts) {
          const renewed = await light
            .updateTable("runs")
            .set({ lease_until: fromNow() })
            .where("id", "=", run)
            .where("state", "=", "running")
            .where("machine", "=", machine.launchId)
            .where("attempt", "=", attempt)
            .executeTakeFirst();
          if (renewed.numUpdatedRows === 0n) stop.push(run);
        }
      });
      return { lease_s: LEASE_S, stop };
    },

    /** Takes back attempts whose lease expired before `at`. */
    async lapse(at: number): Promise<void> {
      const lapsed = await database.queries
        .selectFrom("runs")
        .select(["id", "machine"])
        .where("state", "=", "running")
        .where("lease_until", "<", at)
        .execute();
      // Ends its open polls: the machine may hang, and would be assigned more.
      for (const { machine } of lapsed) feed.changed(silenceTopic(machine!));
      await loseAll(lapsed, "lease_lapsed", (row) => row.lease_until! < at);
      await holds.lapse(at);
    },

    /**
     * Takes back the attempts that the machine was assigned and never heard of, because the answer to its
     * claim was lost. Releases canceled runs that it does not name.
     */
    async takeUnheard(machine: Claimant, holding: Holding): Promise<void> {
      if (!(await endClaims(database, machine, holding.claims_from))) return;
      await holds.release(machine.launchId, holding);
      const unheard = await unheardAttempts(database.queries, machine, holding);
      for (const { id, attempt } of unheard) {
        await loseAll([{ id }], "not_heard", (row) => row.attempt === attempt);
      }
      ledger.settled(machine.tokenHash, holding);
    },

    /** The same for calls that are made often: searches for attempts only where something was not heard of. */
    async takeNewlyUnheard(machine: Claimant, holding: Holding): Promise<void> {
      if (ledger.hasHeard(machine.tokenHash, holding)) {
        await holds.release(machine.launchId, holding);
      } else await this.takeUnheard(machine, holding);
    },

    /** Renews every lease in full, because the clock that measures them jumped. */
    async extendAll(): Promise<void> {
      await database.queries
        .updateTable("runs")
        .set({ lease_until: fromNow() })
        .where("state", "=", "running")
        .execute();
      await holds.extendAll(fromNow());
    },

    /** Takes back every attempt of a machine that went away or restarted. */
    async machineLost(launchId: string, reason: ReasonCode): Promise<void> {
      await attemptsLost(launchId, await attemptsOf(database.queries, launchId), reason);
    },

    attemptsLost,
  };
}

/**
 * Ends all claims numbered lower than `below`, so that they are assigned nothing more. False where the
 * machine registered anew.
 */
async function endClaims(
  database: Database,
  { launchId, tokenHash }: Claimant,
  below: number,
): Promise<boolean> {
  const { numUpdatedRows } = await database.writeUnsynced((light) =>
    light
      .updateTable("machines")
      .set({ claims_from: sql<number>`max(claims_from, ${below})` })
      .where("launch_id", "=", launchId)
      .where("token_hash", "=", tokenHash)
      .executeTakeFirst(),
  );
  return numUpdatedRows > 0n;
}

/** Attempts assigned by earlier claims of the machine that it does not name: their answers were lost. */
async function unheardAttempts(
  queries: Queries,
  { launchId }: Claimant,
  { claims_from, runs: held }: Holding,
): Promise<HeldAttempt[]> {
  const given = await queries
    .selectFrom("runs")
    .select(["id", "attempt"])
    .where("state", "=", "running")
    .where("machine", "=", launchId)
    .where("claim", "<", claims_from)
    .execute();
  return given.filter(
    ({ id, attempt }) => !held.some((one) => one.run === id && one.attempt === attempt),
  );
}
