import { fromJson } from "../database/json.ts";
import { paths, storageKeys } from "../../protocol/paths.ts";
import type { RunEvent } from "../../protocol/events.ts";
import type { RunView } from "../../protocol/run.ts";
import type { Queries } from "../database/database.ts";
import { commandFacts } from "./command-facts.ts";
import { WAITING_STATES, type LogEntry, type RunRow } from "./record.ts";

/** Base URLs of a run's resources. */
export interface Addresses {
  /** The server's public URL. */
  url: string;
  /** The base URL of storage's keys. */
  resultsUrl: string;
}

export function runUrls(of: Addresses, { id, kind }: Pick<RunRow, "id" | "kind">) {
  return {
    run_url: of.url + paths.run(id),
    events_url: of.url + paths.runEvents(id),
    // A private result has no lasting address: the call redirects to a signed one.
    result_url:
      kind === "command"
        ? of.url + paths.runResult(id)
        : `${of.resultsUrl}/${storageKeys.result(id)}`,
  };
}

export function eventOf(
  of: Addresses,
  run: Pick<RunRow, "id" | "kind">,
  { id, at, body }: LogEntry,
): RunEvent {
  const facts = { run: run.id, id, at: new Date(at).toISOString() };
  if (body.type !== "ended") return { ...body, ...facts };
  return { ...body, ...facts, result_url: runUrls(of, run).result_url };
}

export async function viewOf(queries: Queries, of: Addresses, row: RunRow): Promise<RunView> {
  return {
    id: row.id,
    state: row.state,
    runtime: row.runtime,
    attempt: row.attempt,
    max_attempts: row.max_attempts,
    created_at: new Date(row.created_at).toISOString(),
    last_event: row.last_event,
    ...(await stateFacts(queries, row)),
    ...(row.kind === "command" && { command: await commandFacts(queries, of.url, row) }),
    ...runUrls(of, row),
  };
}

/** The facts of the state: the progress of a wake, the reason of a retry, or the end. */
async function stateFacts(
  queries: Queries,
  row: RunRow,
): Promise<Pick<RunView, "position" | "waking" | "retrying" | "ending">> {
  if (row.ending !== null) return { ending: fromJson(row.ending) };
  if (row.state === "running") return {};
  const position = await positionOf(queries, row);
  if (row.state === "queued") return { position };
  const last = await queries
    .selectFrom("events")
    .select("body")
    .where("run", "=", row.id)
    .where("id", "=", row.last_event)
    .executeTakeFirstOrThrow();
  const event = fromJson(last.body);
  if (event.type === "retrying") {
    return { position, retrying: { reason: event.reason, at: event.retry_at } };
  }
  if (event.type !== "waking") return { position };
  const { type: _, ...waking } = event;
  return { position, waking };
}

/** Claims take the oldest requests first. */
async function positionOf(queries: Queries, row: RunRow): Promise<number> {
  const { before } = await queries
    .selectFrom("runs")
    .select((select) => select.fn.countAll<number>().as("before"))
    .where("pool", "=", row.pool)
    .where("state", "in", WAITING_STATES)
    .where("created_at", "<", row.created_at)
    .executeTakeFirstOrThrow();
  return before + 1;
}
