import { commandLimits, LIMIT_CEILINGS } from "../../protocol/limits.ts";
import type { FinishRequest, ManifestEntry, OutputBatch } from "../../protocol/responder.ts";
import { isEnded } from "../../protocol/run.ts";
import type { Database, Trx } from "../database/database.ts";
import { sha256 } from "../database/ids.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { Storage } from "../storage/storage.ts";
import { announceOnce } from "./announced.ts";
import { announceUploads, checkManifest, storedArtifacts } from "./artifacts.ts";
import { checkHeld, type Claimant } from "./claimant.ts";
import type { Feed } from "./feed.ts";
import type { LogReads } from "./log-reads.ts";
import {
  appendOutput,
  applyInput,
  countsWith,
  LEAST_SIZE,
  type LogEntry,
  type RunRow,
} from "./record.ts";
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
  offerEvents: LogReads["offer"];
}

/** The row of an attempt that `machine` holds. Throws `attempt_over` or `attempt_not_held`. */
export type Held = (trx: Trx, machine: Claimant, run: string, attempt: number) => Promise<RunRow>;

/** Says when the program began, if no earlier report did. */
interface Began {
  began_ago_s?: number | undefined;
}

/** Handles a machine's reports on an attempt that it holds: its start, output, artifacts and end. */
export function createAttemptReports(deps: AttemptReportsDeps, runs: Runs, held: Held) {
  const { database, storage, feed, addresses, now } = deps;

  /** When the program began. A machine's figure puts it no earlier than the run itself. */
  const beganAt = (row: RunRow, { began_ago_s: ago = 0 }: Began) =>
    Math.max(row.created_at, Math.round(now() - ago * 1000));

  /** The row with the start that the report tells, which the next change stores. */
  const withStart = (row: RunRow, report: Began): RunRow =>
    row.started_at !== null || report.began_ago_s === undefined
      ? row
      : { ...row, started_at: beganAt(row, report) };

  return {
    /** The program begins, or has begun. Idempotent. */
    async started(
      machine: Claimant,
      run: string,
      { attempt, ...report }: Began & { attempt: number },
    ): Promise<void> {
      // A start that is confirmed before the program begins is on the disk by then: it must not run again.
      const write = report.began_ago_s === undefined ? database.write : database.writeUnsynced;
      await write(async (trx) => {
        const row = await held(trx, machine, run, attempt);
        await applyInput(trx, row, { type: "started", at: beganAt(row, report) }, now());
      });
    },

    /** Stores a batch of output. Idempotent: a batch is known by its number. */
    async output(
      machine: Claimant,
      run: string,
      batch: OutputBatch & Began & { attempt: number },
    ): Promise<void> {
      const stored = await database.write(async (trx) => {
        const row = await held(trx, machine, run, batch.attempt);
        if (!isNext(row, batch)) return undefined;
        return appendOutput(trx, withStart(row, batch), batch, now());
      });
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
      const artifacts =
        request.artifacts.length === 0
          ? []
          : await storedArtifacts(storage, addresses, { ...request, run: await runs.find(run) });
      let appended: LogEntry[] = [];
      const after = await database.write(async (trx) => {
        const row = await runs.find(run, trx);
        if (wasFinishedBy(row, machine, attempt)) return undefined;
        checkHeld(row, machine, attempt);
        const output = request.output && isNext(row, request.output) ? request.output : undefined;
        const input = { type: "finished", outcome, artifacts } as const;
        return applyInput(trx, withStart(row, request), input, now(), {
          output,
          storeResult: runs.storeResult,
          appended: (events) => (appended = events),
        });
      });
      if (!after) return runs.resultStored(run);
      if (after.state === "retrying") deps.onAttemptLost?.(outcome.cause);
      const settled = runs.settle(after);
      if (after.result_written === 1) deps.offerEvents(after, appended);
      await settled;
    },
  };
}

/**
 * Whether the batch is to be stored: false where it is already. Throws where batches before it are missing, or where
 * it makes the output larger than any program's.
 */
function isNext(row: RunRow, batch: OutputBatch): boolean {
  if (batch.seq <= row.last_batch) return false;
  if (batch.seq > row.last_batch + 1) {
    throw new ApiError("body_invalid", `seq: ${row.last_batch + 1} comes next.`);
  }
  if (countsWith(row, batch).output_size > maxOutput(row)) {
    throw new ApiError("body_too_large", "No program may print as much as this attempt has.");
  }
  return true;
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
