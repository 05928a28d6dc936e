import type { StoredEvent, EventBody } from "../../../protocol/events.ts";
import type { Queries } from "../../database/database.ts";
import { hasItsTurn } from "../../runs/lanes.ts";
import type { RunRow } from "../../runs/record.ts";
import { fromJson, type Json } from "../../database/json.ts";
import type { Ending } from "../../../protocol/run.ts";
import { subjectOf } from "./commits.ts";

/** An event of a run and its time. */
export interface LoggedEvent {
  at: number;
  event: EventBody;
}

export interface ShownRun {
  row: RunRow;
  ending: Ending | undefined;
  /** State changes of all attempts. */
  changes: LoggedEvent[];
  /** All events of the last attempt, output among them. */
  events: LoggedEvent[];
  commits: { sha: string; subject: string | undefined }[];
  delivery: string | undefined;
  /** Whether an earlier run of its lane has to end first. */
  behind: boolean;
}

/** A run with its log, its commits and the delivery that made it. */
export async function readRun(
  queries: Queries,
  slug: string,
  id: string,
): Promise<ShownRun | undefined> {
  const row = await queries
    .selectFrom("runs")
    .selectAll()
    .where("id", "=", id)
    .where("project", "=", slug)
    .where("kind", "=", "command")
    .executeTakeFirst();
  if (!row) return undefined;
  const events = await queries
    .selectFrom("events")
    .select(["at", "attempt", "body"])
    .where("run", "=", id)
    .orderBy("id")
    .execute();
  const commits = await queries
    .selectFrom("run_commits")
    .leftJoin("commits", (join) =>
      join
        .onRef("commits.sha", "=", "run_commits.sha")
        .onRef("commits.project", "=", "run_commits.project"),
    )
    .select(["run_commits.sha", "commits.message"])
    .where("run_commits.run", "=", id)
    .orderBy("run_commits.position")
    .execute();
  const delivery = await queries
    .selectFrom("deliveries")
    .select("id")
    .where("project", "=", slug)
    .where("run", "=", id)
    .where("outcome", "=", "run")
    .executeTakeFirst();
  return {
    row,
    ending: fromJson(row.ending),
    changes: events.filter(({ body }) => !/^\{"type":"(output|step_)/.test(body)).map(logged),
    events: events.filter(({ attempt }) => attempt === row.attempt).map(logged),
    commits: commits.map(({ sha, message }) => ({
      sha,
      subject: message === null ? undefined : subjectOf(message),
    })),
    delivery: delivery?.id,
    behind: await isBehind(queries, row),
  };
}

function logged({ at, body }: { at: number; body: Json<EventBody> }): LoggedEvent {
  return { at, event: fromJson(body) };
}

async function isBehind(queries: Queries, row: RunRow): Promise<boolean> {
  if (row.lane === null || row.state !== "queued") return false;
  const itsTurn = await queries
    .selectFrom("runs")
    .select("id")
    .where("id", "=", row.id)
    .where(hasItsTurn)
    .executeTakeFirst();
  return itsTurn === undefined;
}

/** The events of the current attempt up to `after`, the cursor of the page, and whether more may come. */
export async function readLiveRun(
  queries: Queries,
  slug: string,
  id: string,
  after: number,
): Promise<{ before: StoredEvent[]; over: boolean } | undefined> {
  const row = await queries
    .selectFrom("runs")
    .select(["ended_at", "last_event"])
    .where("id", "=", id)
    .where("project", "=", slug)
    .where("kind", "=", "command")
    .executeTakeFirst();
  if (!row) return undefined;
  if (row.ended_at !== null && after >= row.last_event) return { before: [], over: true };
  const events = await queries
    .selectFrom("events")
    .select(["id", "at", "body"])
    .where("run", "=", id)
    .where("id", "<=", after)
    .orderBy("id")
    .execute();
  const before = events.map(({ id: number, at, body }) => ({
    ...fromJson(body),
    run: id,
    id: number,
    at: new Date(at).toISOString(),
  }));
  return { before, over: false };
}
