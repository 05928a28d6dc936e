import { sql } from "kysely";
import type { StoredEvent, EventBody } from "../../../protocol/events.ts";
import type { Queries } from "../../database/database.ts";
import { hasItsTurn } from "../../runs/lanes.ts";
import type { LoggedEvent } from "../../runs/log-steps.ts";
import type { RunRow } from "../../runs/record.ts";
import { fromJson, type Json } from "../../database/json.ts";
import type { Ending } from "../../../protocol/run.ts";
import { subjectOf } from "./commits.ts";

export interface ShownRun {
  row: RunRow;
  ending: Ending | undefined;
  /** State changes of all attempts. */
  changes: LoggedEvent[];
  /** The attempt whose events these are: the last one, unless another was asked for. */
  attempt: number;
  /** All events of that attempt, output among them. */
  events: LoggedEvent[];
  commits: { sha: string; subject: string | undefined }[];
  delivery: string | undefined;
  /** Whether an earlier run of its lane has to end first. */
  behind: boolean;
  /** Of the last attempt; undefined before a machine had it. */
  machine: { id: string; compute: string } | undefined;
  /** The runs before and after it on its branch, or in its project where it has none. */
  neighbours: { before: string | undefined; after: string | undefined };
}

/** A run with its log, its commits and the delivery that made it. */
export async function readRun(
  queries: Queries,
  slug: string,
  id: string,
  attempt?: number,
): Promise<ShownRun | undefined> {
  const row = await queries
    .selectFrom("runs")
    .selectAll()
    .where("id", "=", id)
    .where("project", "=", slug)
    .where("kind", "=", "command")
    .executeTakeFirst();
  if (!row) return undefined;
  const shown = attempt ?? row.attempt;
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
    attempt: shown,
    events: events.filter((event) => event.attempt === shown).map(logged),
    commits: commits.map(({ sha, message }) => ({
      sha,
      subject: message === null ? undefined : subjectOf(message),
    })),
    delivery: delivery?.id,
    behind: await isBehind(queries, row),
    machine: await machineOf(queries, row),
    neighbours: await neighboursOf(queries, row),
  };
}

async function machineOf(queries: Queries, { machine }: RunRow) {
  if (machine === null) return undefined;
  return queries
    .selectFrom("machines")
    .select(["launch_id as id", "compute"])
    .where("launch_id", "=", machine)
    .executeTakeFirst();
}

async function neighboursOf(queries: Queries, row: RunRow): Promise<ShownRun["neighbours"]> {
  const next = (up: boolean) => {
    let query = queries
      .selectFrom("runs")
      .select("id")
      .where("project", "=", row.project)
      // A literal, as in the index: SQLite does not use the index for a parameter.
      .where("kind", "=", sql.lit("command"))
      .where((where) =>
        where(
          where.refTuple("created_at", "id"),
          up ? ">" : "<",
          where.tuple(row.created_at, row.id),
        ),
      );
    if (row.ref !== null) query = query.where("ref", "=", row.ref);
    return query
      .orderBy("created_at", up ? "asc" : "desc")
      .orderBy("id", up ? "asc" : "desc")
      .limit(1)
      .executeTakeFirst();
  };
  return { before: (await next(false))?.id, after: (await next(true))?.id };
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
