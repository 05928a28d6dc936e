import type { StoredCommand } from "../../protocol/command.ts";
import { toJson, fromJson } from "../database/json.ts";
import { sql, type Selectable } from "kysely";
import type { OutputBatch } from "../../protocol/responder.ts";
import type { EndState } from "../../protocol/run.ts";
import type { Trx } from "../database/database.ts";
import { prepared } from "../database/prepared.ts";
import type { RunTables, RunsTable } from "../database/tables/runs.ts";
import { countOutcome } from "./day-counts.ts";
import { holdLane } from "./lanes.ts";
import type { EventBody } from "../../protocol/events.ts";
import { transition, type Run, type RunInput } from "./run.ts";

export type RunRow = Selectable<RunsTable>;

/**
 * The states of runs that wait for a machine, for a `where`. They are written out as in the index of such
 * runs, because SQLite uses it only then: among 100,000 runs that ended, 0.1 ms instead of 118.
 */
export const WAITING_STATES = (["queued", "waking", "retrying"] as const).map((state) =>
  sql.lit(state),
);

/** The least size of a piece of output in the log's limit: each is an event. */
export const LEAST_SIZE = 8;

/** The columns of a row that the lifecycle decides on. */
function runOf(row: RunRow): Run {
  return {
    state: row.state,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    repeatable: row.repeatable === 1,
    createdAt: row.created_at,
    availableAt: row.available_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  };
}

/** An event as a run's log has it. */
export interface LogEntry {
  id: number;
  at: number;
  body: EventBody;
}

/** Written by the same statements as a transition. */
interface Beside {
  columns?: Partial<
    Pick<RunRow, "machine" | "claim" | "lease_until" | "last_batch" | "output_size" | "announced">
  >;
  /** A batch of output, which comes before the transition's events. */
  output?: OutputBatch | undefined;
  /** Stores the result of a run that ends, in the same transaction; false where it is stored afterwards. */
  storeResult?: ((trx: Trx, row: RunRow) => Promise<boolean>) | undefined;
  /** Called with the events that were appended to the log. */
  appended?: ((events: LogEntry[]) => void) | undefined;
}

type Transitioned = Pick<
  RunRow,
  | "state"
  | "attempt"
  | "max_attempts"
  | "available_at"
  | "started_at"
  | "ended_at"
  | "ending"
  | "ran_ms"
  | "machine"
  | "lease_until"
  | "last_event"
  | "canceled_by"
  | "claim"
  | "last_batch"
  | "output_size"
  | "announced"
  | "result_written"
>;

const storeTransition = prepared((queries, { id, ...changes }: Pick<RunRow, "id"> & Transitioned) =>
  queries.updateTable("runs").set(changes).where("id", "=", id),
);

const storeOutput = prepared(
  (
    queries,
    {
      id,
      ...changes
    }: Pick<RunRow, "id" | "last_batch" | "output_size" | "started_at" | "last_event">,
  ) => queries.updateTable("runs").set(changes).where("id", "=", id),
);

/**
 * Applies `input` to the run of `row`, read in this same transaction: stores the transition and appends its
 * events to the log. Returns the row after it, or undefined where nothing changed.
 */
export async function applyInput(
  trx: Trx,
  row: RunRow,
  input: RunInput,
  now: number,
  { columns, output, storeResult, appended }: Beside = {},
): Promise<RunRow | undefined> {
  const next = transition(runOf(row), input, now);
  if (!next) return undefined;
  const events = [...(output ? eventsOf(output) : []), ...next.events];
  const running = next.run.state === "running";
  const ending = next.events.find((event) => event.type === "ended");
  const changes: Transitioned = {
    state: next.run.state,
    attempt: next.run.attempt,
    max_attempts: next.run.maxAttempts,
    available_at: next.run.availableAt,
    started_at: next.run.startedAt,
    ended_at: next.run.endedAt,
    ending: ending ? toJson({ ...ending, type: undefined }) : null,
    ran_ms: ending?.times.ran_s === undefined ? null : Math.round(ending.times.ran_s * 1000),
    // The machine that ended the run stays on record, so that a repeated finish is recognized.
    machine: running || (ending && input.type === "finished") ? row.machine : null,
    lease_until: running ? row.lease_until : null,
    last_event: row.last_event + events.length,
    canceled_by: input.type === "canceled" && input.by ? toJson(input.by) : row.canceled_by,
    claim: row.claim,
    last_batch: row.last_batch,
    output_size: row.output_size,
    announced: row.announced,
    result_written: row.result_written,
    ...(output && countsWith(row, output)),
    ...columns,
  };
  const entries = await insertEvents(trx, row, next.run.attempt, events, now);
  appended?.(entries);
  if (ending && storeResult && (await storeResult(trx, { ...row, ...changes })))
    changes.result_written = 1;
  await storeTransition(trx, { id: row.id, ...changes });
  if (input.type === "canceled") await holdLane(trx, row);
  if (ending && row.kind === "block") await countFailure(trx, row, ending.state);
  if (ending) await countOutcome(trx, row, next.run.state);
  return { ...row, ...changes };
}

/** Counts the end of a block's run where it neither succeeded nor was canceled. */
async function countFailure(trx: Trx, { block_digest }: RunRow, state: EndState): Promise<void> {
  if (state === "succeeded" || state === "canceled") return;
  await trx
    .updateTable("registered_blocks")
    .set((set) => ({ failures: set("failures", "+", 1) }))
    .where("digest", "=", block_digest)
    .execute();
}

/** Appends output and step events to the log without a change of state. */
export async function appendOutput(
  trx: Trx,
  row: RunRow,
  batch: OutputBatch,
  now: number,
): Promise<RunRow> {
  const events = eventsOf(batch);
  const changes = {
    ...countsWith(row, batch),
    started_at: row.started_at,
    last_event: row.last_event + events.length,
  };
  await storeOutput(trx, { id: row.id, ...changes });
  await insertEvents(trx, row, row.attempt, events, now);
  return { ...row, ...changes };
}

function eventsOf({ chunks }: OutputBatch): EventBody[] {
  return chunks.map((chunk) => ("stream" in chunk ? { type: "output", ...chunk } : chunk));
}

/** What a row counts of output, with one more batch. */
export function countsWith(
  row: RunRow,
  batch: OutputBatch,
): Pick<RunRow, "last_batch" | "output_size"> {
  return { last_batch: batch.seq, output_size: row.output_size + sizeOf(batch) };
}

function sizeOf({ chunks }: OutputBatch): number {
  const sizes = chunks.map((chunk) =>
    "stream" in chunk ? Math.max(LEAST_SIZE, chunk.text.length) : JSON.stringify(chunk).length,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/**
 * The run's own row, locked by this transaction, numbers the events, so a reader who has seen number n has
 * seen all before it.
 */
async function insertEvents(
  trx: Trx,
  row: RunRow,
  attempt: number,
  events: EventBody[],
  now: number,
): Promise<LogEntry[]> {
  const entries = events.map((body, index) => ({ id: row.last_event + index + 1, at: now, body }));
  for (const { body, ...entry } of entries) {
    await insertEvent(trx, { run: row.id, ...entry, attempt, body: toJson(body) });
  }
  return entries;
}

/** Appends an event to the log of its run. */
export const insertEvent = prepared((queries, event: RunTables["events"]) =>
  queries.insertInto("events").values(event),
);

/** The stored work of a command run. */
export function storedCommand({ work }: Pick<RunRow, "work">): StoredCommand {
  const stored = fromJson(work);
  if (stored.kind !== "command") throw new Error("The run is a block's.");
  return stored;
}
