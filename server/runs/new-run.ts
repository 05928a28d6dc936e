import type { EventBody } from "../../protocol/events.ts";
import { toJson } from "../database/json.ts";
import type { Trx } from "../database/database.ts";
import { newId } from "../database/ids.ts";
import { prepared } from "../database/prepared.ts";
import { insertEvent, type RunRow } from "./record.ts";

const MAX_ATTEMPTS = 3;
const QUEUED = toJson<EventBody>({ type: "queued" });

const insert = prepared((queries, run: RunRow) => queries.insertInto("runs").values(run));

/** The columns that differ between new runs. */
type NewRun = Pick<
  RunRow,
  | "kind"
  | "project"
  | "pool"
  | "work"
  | "block_digest"
  | "code_digest"
  | "inputs_digest"
  | "runtime"
  | "repeatable"
> &
  Partial<
    Pick<RunRow, "run_key" | "trigger" | "title" | "ref" | "lane" | "lane_number" | "started_by">
  >;

/** Stores a run that waits from now on. */
export async function insertRun(trx: Trx, of: NewRun, now: number): Promise<RunRow> {
  const run: RunRow = {
    id: newId(),
    run_key: null,
    trigger: null,
    title: null,
    ref: null,
    author: null,
    commit_sha: null,
    ran_ms: null,
    secrets: null,
    lane: null,
    lane_number: null,
    started_by: null,
    canceled_by: null,
    ...of,
    state: "queued",
    attempt: 0,
    max_attempts: MAX_ATTEMPTS,
    created_at: now,
    available_at: now,
    machine: null,
    claim: null,
    lease_until: null,
    started_at: null,
    last_batch: 0,
    output_size: 0,
    announced: null,
    last_event: 1,
    ended_at: null,
    ending: null,
    result_written: 0,
    noticed: null,
  };
  await insert(trx, run);
  await insertEvent(trx, { run: run.id, id: 1, at: now, attempt: 0, body: QUEUED });
  return run;
}
