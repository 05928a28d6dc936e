import { sql } from "kysely";
import type { ReasonCode } from "../../protocol/errors.ts";
import { commandLimits, LIMIT_CEILINGS } from "../../protocol/limits.ts";
import type {
  FinishRequest,
  Holding,
  ManifestEntry,
  OutputBatch,
} from "../../protocol/responder.ts";
import { isEnded } from "../../protocol/run.ts";
import type { FoundRuntime } from "../../protocol/runtimes.ts";
import type { Queries, Trx } from "../database/database.ts";
import { sha256 } from "../database/ids.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { announceOnce } from "./announced.ts";
import { announceUploads, checkManifest, storedArtifacts } from "./artifacts.ts";
import { createLaneHolds } from "./lane-holds.ts";
import { appendOutput, applyInput, LEAST_SIZE, type RunRow } from "./record.ts";
import { silenceTopic, type Runs, type RunsDeps } from "./runs.ts";

/** Seconds for which an attempt may go without a sign of life. Renewed at a third of it. */
export const LEASE_S = 15;

/** What steps may take in the log: a run over hundreds of commits has some for each. */
const MOST_STEPS = 32 * 2 ** 20;

/** A machine that calls, once its token was checked. */
export interface Claimant {
  launchId: string;
  /** Of the token it calls with: each registration has another, also of one boot. */
  tokenHash: string;
  pool: string;
  runtimes: FoundRuntime[];
  /** Of its whole host. */
  memoryMb: number;
}

/** An attempt that a machine was given. */
export interface HeldAttempt {
  id: string;
  attempt: number;
}

/** What a machine holds. */
export function attemptsOf(queries: Queries, launchId: string): Promise<HeldAttempt[]> {
  return queries
    .selectFrom("runs")
    .select(["id", "attempt"])
    .where("state", "=", "running")
    .where("machine", "=", launchId)
    .execute();
}

export type Leases = ReturnType<typeof createLeases>;

/** The work that machines hold, each piece under a lease that fences late callers off. */
export function createLeases(deps: RunsDeps, runs: Runs) {
  const { database, storage, feed, addresses, now } = deps;
  const fromNow = () => now() + LEASE_S * 1000;
  const holds = createLaneHolds(deps);

  /** The row of an attempt that `machine` holds. Throws `attempt_over` where it does not. */
  async function held(trx: Trx, machine: Claimant, run: string, attempt: number): Promise<RunRow> {
    const row = await runs.find(run, trx);
    if (row.state !== "running" || row.attempt !== attempt) {
      throw new ApiError("attempt_over", `The run is ${row.state}, attempt ${row.attempt}.`);
    }
    if (row.machine !== machine.launchId) throw new ApiError("attempt_not_held");
    return row;
  }

  /** Stores a batch that comes next; undefined for one that is stored already. */
  async function store(trx: Trx, row: RunRow, batch: OutputBatch): Promise<RunRow | undefined> {
    if (batch.seq <= row.last_batch) return undefined;
    if (batch.seq > row.last_batch + 1) {
      throw new ApiError("body_invalid", `seq: ${row.last_batch + 1} comes next.`);
    }
    const after = await appendOutput(trx, row, batch, now());
    if (after.output_size > mostOutput(row)) {
      throw new ApiError("body_too_large", "No program may print as much as this attempt has.");
    }
    return after;
  }

  /**
   * From here on nothing is given to claims of lower numbers, so none comes unheard after a look at them. False
   * where the machine has registered anew since.
   */
  async function endClaims({ launchId, tokenHash }: Claimant, below: number): Promise<boolean> {
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

  /** Takes back what a machine held before it registered anew, and nothing that it was given since. */
  async function attemptsLost(
    launchId: string,
    attempts: readonly HeldAttempt[],
    reason: ReasonCode,
  ): Promise<void> {
    // A poll that is still open is not heard any more.
    feed.changed(silenceTopic(launchId));
    for (const { id, attempt } of attempts) {
      const isHeld = (row: RunRow) => row.machine === launchId && row.attempt === attempt;
      await loseAll([{ id }], reason, isHeld);
    }
    await holds.machineLost(launchId);
  }

  return {
    held,

    /** Keeps leases; names the runs that are not the machine's any more. */
    async renew(
      machine: Claimant,
      attempts: readonly { run: string; attempt: number }[],
    ): Promise<{ lease_s: number; stop: string[] }> {
      const stop: string[] = [];
      if (attempts.length === 0) return { lease_s: LEASE_S, stop };
      // A lease that a power cut takes back would have lapsed before the server was there again.
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

    /** The program is about to begin. A repeat is harmless. */
    async started(machine: Claimant, run: string, attempt: number): Promise<void> {
      await database.write(async (trx) => {
        const row = await held(trx, machine, run, attempt);
        await applyInput(trx, row, { type: "started" }, now());
      });
    },

    /** Stores a batch of output once, whatever arrives how often. */
    async output(
      machine: Claimant,
      run: string,
      batch: OutputBatch & { attempt: number },
    ): Promise<void> {
      const stored = await database.write(async (trx) =>
        store(trx, await held(trx, machine, run, batch.attempt), batch),
      );
      if (stored) feed.changed(run);
    },

    /** One upload for each file the attempt wants to leave. */
    async announce(machine: Claimant, run: string, attempt: number, artifacts: ManifestEntry[]) {
      const row = await database.write(async (trx) => {
        const row = await held(trx, machine, run, attempt);
        checkManifest({ run: row, attempt, artifacts });
        await announceOnce(trx, row, { artifacts: sha256(JSON.stringify(artifacts)) });
        return row;
      });
      return announceUploads(storage, { run: row, attempt, artifacts });
    },

    /** Ends the attempt, once. A repeat by the same machine is answered like the first. */
    async finish(machine: Claimant, run: string, request: FinishRequest): Promise<void> {
      const { attempt, outcome } = request;
      const manifest = { run: await runs.find(run), attempt, artifacts: request.artifacts };
      const artifacts = await storedArtifacts(storage, addresses, manifest);
      const after = await database.write(async (trx) => {
        const current = await runs.find(run, trx);
        if (wasFinishedBy(current, machine, attempt)) return undefined;
        let row = await held(trx, machine, run, attempt);
        if (request.output) row = (await store(trx, row, request.output)) ?? row;
        return applyInput(trx, row, { type: "finished", outcome, artifacts }, now());
      });
      if (!after) return runs.resultStored(run);
      if (after.state === "retrying") deps.onAttemptLost?.(outcome.cause);
      await runs.settle(after);
    },

    /** Takes back what was not renewed in time, where that was over before `at`. */
    async lapse(at: number): Promise<void> {
      const lapsed = await database.queries
        .selectFrom("runs")
        .select(["id", "machine"])
        .where("state", "=", "running")
        .where("lease_until", "<", at)
        .execute();
      // Whatever it asked for before is not given to it: it may stand still with its poll open.
      for (const { machine } of lapsed) feed.changed(silenceTopic(machine!));
      await loseAll(lapsed, "lease_lapsed", (row) => row.lease_until! < at);
      await holds.lapse(at);
    },

    /**
     * Takes back what the machine was given and never heard of, as the answer to its claim was lost. Of what was
     * canceled meanwhile it has let go, where it does not name it.
     */
    async takeUnheard(machine: Claimant, holding: Holding): Promise<void> {
      const { claims_from, runs: held } = holding;
      if (!(await endClaims(machine, claims_from))) return;
      await holds.hear(machine.launchId, holding);
      const given = await database.queries
        .selectFrom("runs")
        .select(["id", "attempt"])
        .where("state", "=", "running")
        .where("machine", "=", machine.launchId)
        .where("claim", "<", claims_from)
        .execute();
      const unheard = given.filter(
        ({ id, attempt }) => !held.some((one) => one.run === id && one.attempt === attempt),
      );
      for (const { id, attempt } of unheard) {
        await loseAll([{ id }], "not_heard", (row) => row.attempt === attempt);
      }
    },

    /** Gives every lease its whole time again, where the clock by which they end has jumped. */
    async extendAll(): Promise<void> {
      await database.queries
        .updateTable("runs")
        .set({ lease_until: fromNow() })
        .where("state", "=", "running")
        .execute();
      await holds.extendAll(fromNow());
    },

    /** Takes back everything a machine holds: it went away or began anew. */
    async machineLost(launchId: string, reason: ReasonCode): Promise<void> {
      await attemptsLost(launchId, await attemptsOf(database.queries, launchId), reason);
    },

    attemptsLost,
  };
}

/** Responders cut output themselves; one that does not would fill the disk for all. */
function mostOutput({ kind }: RunRow): number {
  const { output_kb } = kind === "block" ? LIMIT_CEILINGS : commandLimits();
  return LEAST_SIZE * 2 * output_kb * 1024 + (kind === "block" ? 0 : MOST_STEPS);
}

/** Whether the run ended by this attempt's own `finish`, so that another one is a repeat. */
function wasFinishedBy(row: RunRow, machine: Claimant, attempt: number): boolean {
  return isEnded(row.state) && row.machine === machine.launchId && row.attempt === attempt;
}
