import { commandLimits, LIMIT_CEILINGS } from "../../protocol/limits.ts";
import type { FinishRequest, ManifestEntry, OutputBatch } from "../../protocol/responder.ts";
import { isEnded } from "../../protocol/run.ts";
import type { Database, Trx } from "../database/database.ts";
import { sha256 } from "../database/ids.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { Storage } from "../storage/storage.ts";
import { announceOnce } from "./announced.ts";
import { announceUploads, checkManifest, storedArtifacts } from "./artifacts.ts";
import type { Claimant } from "./claimant.ts";
import type { Feed } from "./feed.ts";
import { appendOutput, applyInput, LEAST_SIZE, type RunRow } from "./record.ts";
import type { Runs } from "./runs.ts";
import type { Addresses } from "./view.ts";

/** Bytes of step events in the log: a run over hundreds of commits has several for each. */
const MAX_STEPS = 32 * 2 ** 20;

export interface AttemptReportsDeps {
  database: Database;
  feed: Feed;
  now: () => number;
  onDemand: () => void;
  /** Called with each attempt that was lost with its machine. */
  onAttemptLost?: (why: string) => void;
  storage: Storage;
  addresses: Addresses;
}

/** The row of an attempt that `machine` holds. Throws `attempt_over` or `attempt_not_held`. */
export type Held = (trx: Trx, machine: Claimant, run: string, attempt: number) => Promise<RunRow>;

/** Handles a machine's reports on an attempt that it holds: its start, output, artifacts and end. */
export function createAttemptReports(deps: AttemptReportsDeps, runs: Runs, held: Held) {
  const { database, storage, feed, addresses, now } = deps;

  /** Stores the next batch of output; undefined where the batch is stored already. */
  async function store(trx: Trx, row: RunRow, batch: OutputBatch): Promise<RunRow | undefined> {
    if (batch.seq <= row.last_batch) return undefined;
    if (batch.seq > row.last_batch + 1) {
      throw new ApiError("body_invalid", `seq: ${row.last_batch + 1} comes next.`);
    }
    const after = await appendOutput(trx, row, batch, now());
    if (after.output_size > maxOutput(row)) {
      throw new ApiError("body_too_large", "No program may print as much as this attempt has.");
    }
    return after;
  }

  return {
    /** The program is about to start. Idempotent. */
    async started(machine: Claimant, run: string, attempt: number): Promise<void> {
      await database.write(async (trx) => {
        const row = await held(trx, machine, run, attempt);
        await applyInput(trx, row, { type: "started" }, now());
      });
    },

    /** Stores a batch of output. Idempotent: a batch is known by its number. */
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

    /** Creates one upload for each file that the attempt announces. */
    async announce(machine: Claimant, run: string, attempt: number, artifacts: ManifestEntry[]) {
      const row = await database.write(async (trx) => {
        const row = await held(trx, machine, run, attempt);
        checkManifest({ run: row, attempt, artifacts });
        await announceOnce(trx, row, { artifacts: sha256(JSON.stringify(artifacts)) });
        return row;
      });
      return announceUploads(storage, { run: row, attempt, artifacts });
    },

    /** Ends the attempt. Idempotent: a repeat by the same machine gets the first answer. */
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
  };
}

/** Limits the log: responders cut output themselves, but a faulty one would fill the server's disk. */
function maxOutput({ kind }: RunRow): number {
  const { output_kb } = kind === "block" ? LIMIT_CEILINGS : commandLimits();
  return LEAST_SIZE * 2 * output_kb * 1024 + (kind === "block" ? 0 : MAX_STEPS);
}

/** Whether this attempt's own `finish` ended the run, so that another one is a repeat. */
function wasFinishedBy(row: RunRow, machine: Claimant, attempt: number): boolean {
  return isEnded(row.state) && row.machine === machine.launchId && row.attempt === attempt;
}
