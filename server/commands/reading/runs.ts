import type { RunTerms } from "../../../protocol/run-filter.ts";
import type { RunState } from "../../../protocol/run.ts";
import { fromJson } from "../../database/json.ts";
import type { Queries } from "../../database/database.ts";
import { JUDGED_TRIGGERS, lastKept } from "../../runs/last-states.ts";
import { countRuns, searchRuns, type RunQuery } from "./search-runs.ts";
import { sql } from "kysely";

export type ListedRun = ReturnType<typeof listed>;

const LISTED = [
  "runs.id",
  "runs.project",
  "runs.pool",
  "runs.kind",
  "runs.state",
  "runs.trigger",
  "runs.title",
  "runs.ref",
  "runs.author",
  "runs.commit_sha as commit",
  "runs.created_at",
  "runs.started_at",
  "runs.ended_at",
  "runs.ending",
  "runs.started_by",
  "runs.canceled_by",
  "commits.message",
] as const;

/** Runs, each with the message of its first commit. */
function listedRuns(queries: Queries) {
  return queries
    .selectFrom("runs")
    .leftJoin("commits", (join) =>
      join
        .onRef("commits.sha", "=", "runs.commit_sha")
        .onRef("commits.project", "=", "runs.project"),
    )
    .select(LISTED);
}

type Row = Awaited<ReturnType<ReturnType<typeof listedRuns>["execute"]>>[number];

function listed({ ending, message, started_by, canceled_by, ...row }: Row) {
  const end = fromJson(ending);
  return {
    ...row,
    started_by: fromJson(started_by) ?? null,
    canceled_by: fromJson(canceled_by) ?? null,
    trigger: row.trigger ?? "",
    title: row.title ?? "",
    /** The commit's subject. */
    subject: message?.split("\n", 1)[0]?.trim(),
    exit_code: end?.exit_code ?? null,
    ran_s: end?.times.ran_s,
    reason: end?.reason?.message,
  };
}

/** A project's runs, newest first. Throws `query_invalid` for a cursor that is no run of it. */
export async function readRuns(
  queries: Queries,
  project: string,
  query: RunQuery,
): Promise<ListedRun[]> {
  const { ids } = await searchRuns(queries, project, query);
  return readListed(queries, ids);
}

/** Runs by their ids, in this order. */
export async function readListed(queries: Queries, ids: readonly string[]): Promise<ListedRun[]> {
  if (ids.length === 0) return [];
  const rows = await listedRuns(queries).where("runs.id", "in", ids).execute();
  const byId = new Map(rows.map((row) => [row.id, listed(row)]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

export interface RunsPageQuery {
  terms: RunTerms;
  before?: string | undefined;
  after?: string | undefined;
  oldest?: boolean | undefined;
  rows: number;
}

export interface PageOfRuns {
  rows: ListedRun[];
  /** Cursors of the next pages. */
  older: string | undefined;
  newer: string | undefined;
  /** Whether older runs were not searched. */
  isPartial: boolean;
  /** How many fit in all. */
  count: { runs: number; isMore: boolean };
}

/** One page of a project's runs; reads one more than it shows, to know whether the list continues. */
export async function readRunsPage(
  queries: Queries,
  project: string,
  { terms, before, after, oldest, rows }: RunsPageQuery,
): Promise<PageOfRuns> {
  const cursors = { before, after, oldest };
  const found = await searchRuns(queries, project, { ...terms, ...cursors, limit: rows + 1 });
  const up = after !== undefined || oldest === true;
  const ids = up ? found.ids.slice(-rows) : found.ids.slice(0, rows);
  const continues = found.ids.length > rows;
  const isOlder = up ? oldest !== true : continues;
  const isNewer = up ? continues : before !== undefined;
  return {
    rows: await readListed(queries, ids),
    older: isOlder ? (ids.at(-1) ?? after) : found.stoppedAt,
    newer: isNewer ? (ids[0] ?? before) : undefined,
    isPartial: found.stoppedAt !== undefined,
    count: await countRuns(queries, project, terms),
  };
}

export async function findListedRun(queries: Queries, id: string): Promise<ListedRun | undefined> {
  return (await readListed(queries, [id]))[0];
}

/** The newest run that ended and counts for a branch's state; of all branches where `ref` is undefined. */
export async function lastEnded(
  queries: Queries,
  project: string,
  ref: string | undefined,
): Promise<{ state: RunState } | undefined> {
  let query = queries
    .selectFrom("runs")
    .select("state")
    .where("project", "=", project)
    // A literal, as in the index: SQLite does not use the index for a parameter.
    .where("kind", "=", sql.lit("command"))
    .where("trigger", "in", JUDGED_TRIGGERS)
    .where("ended_at", "is not", null)
    .where("state", "<>", "canceled")
    .orderBy("created_at", "desc")
    .limit(1);
  if (ref !== undefined) query = query.where("ref", "=", ref);
  return (await query.executeTakeFirst()) ?? lastKept(queries, project, ref);
}

/** The commit of the run before the first run of `sha`, on the same branch. */
export async function commitBefore(
  queries: Queries,
  project: string,
  { sha, ref }: { sha: string; ref: string | null },
): Promise<string | undefined> {
  if (ref === null) return undefined;
  const first = await queries
    .selectFrom("run_commits")
    .innerJoin("runs", "runs.id", "run_commits.run")
    .select(["runs.created_at", "runs.id"])
    .where("run_commits.project", "=", project)
    .where("run_commits.sha", "=", sha)
    .where("runs.ref", "=", ref)
    .orderBy("runs.created_at")
    .limit(1)
    .executeTakeFirst();
  if (!first) return undefined;
  const before = await queries
    .selectFrom("runs")
    .select("commit_sha")
    .where("project", "=", project)
    .where("kind", "=", sql.lit("command"))
    .where("ref", "=", ref)
    .where("created_at", "<", first.created_at)
    .where("commit_sha", "is not", null)
    .where("commit_sha", "<>", sha)
    .orderBy("created_at", "desc")
    .limit(1)
    .executeTakeFirst();
  return before?.commit_sha ?? undefined;
}
