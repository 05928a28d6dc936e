import { sql } from "kysely";
import type { RunState } from "../../../protocol/run.ts";
import type { Queries } from "../../database/database.ts";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { JUDGED_TRIGGERS, lastKept } from "../../runs/last-states.ts";
import { fromJson } from "../../database/json.ts";

export interface RunFilter {
  /** `open`: all that have not ended; `ended`: the others. */
  state?: RunState | "open" | "ended" | undefined;
  /** A commit's full name. */
  commit?: string | undefined;
  /** Id of the run after which the list continues. */
  before?: string | undefined;
  limit: number;
}

export type ListedRun = ReturnType<typeof listed>;

const LISTED = [
  "runs.id",
  "runs.project",
  "runs.pool",
  "runs.state",
  "runs.trigger",
  "runs.title",
  "runs.ref",
  "runs.created_at",
  "runs.started_at",
  "runs.ended_at",
  "runs.ending",
  "runs.started_by",
  "runs.canceled_by",
  "run_commits.sha as commit",
  "commits.author_name as author",
] as const;

/** Command runs, each with its first commit. */
function commandRuns(queries: Queries) {
  return (
    queries
      .selectFrom("runs")
      .leftJoin("run_commits", (join) =>
        join.onRef("run_commits.run", "=", "runs.id").on("run_commits.position", "=", 0),
      )
      .leftJoin("commits", (join) =>
        join
          .onRef("commits.sha", "=", "run_commits.sha")
          .onRef("commits.project", "=", "run_commits.project"),
      )
      .select(LISTED)
      // A literal, as in the index: SQLite does not use the index for a parameter.
      .where("runs.kind", "=", sql.lit("command"))
  );
}

type Row = Awaited<ReturnType<ReturnType<typeof commandRuns>["execute"]>>[number];

function listed({ ending, started_by, canceled_by, ...row }: Row) {
  const end = fromJson(ending);
  return {
    ...row,
    started_by: fromJson(started_by) ?? null,
    canceled_by: fromJson(canceled_by) ?? null,
    trigger: row.trigger ?? "",
    title: row.title ?? "",
    exit_code: end?.exit_code ?? null,
    ran_s: end?.times.ran_s,
    reason: end?.reason?.message,
  };
}

/** A project's runs, newest first. Throws `query_invalid` where `before` names none of them. */
export async function readRuns(
  queries: Queries,
  project: string,
  { state, commit, before, limit }: RunFilter,
): Promise<ListedRun[]> {
  let query = commandRuns(queries)
    .where("runs.project", "=", project)
    .orderBy("runs.created_at", "desc")
    .orderBy("runs.id", "desc")
    .limit(limit);
  if (state === "open") query = query.where("runs.ended_at", "is", null);
  else if (state === "ended") query = query.where("runs.ended_at", "is not", null);
  else if (state !== undefined) query = query.where("runs.state", "=", state);
  if (commit !== undefined) {
    const ids = await runsAt(queries, project, commit);
    if (ids.length === 0) return [];
    query = query.where("runs.id", "in", ids);
  }
  if (before !== undefined) {
    const last = await queries
      .selectFrom("runs")
      .select(["created_at", "id"])
      .where("id", "=", before)
      .where("project", "=", project)
      .executeTakeFirst();
    if (!last) throw new ApiError("query_invalid", "before: the id of a run of the project.");
    query = query.where((where) =>
      where(
        where.refTuple("runs.created_at", "runs.id"),
        "<",
        where.tuple(last.created_at, last.id),
      ),
    );
  }
  return (await query.execute()).map(listed);
}

/** A statement of its own: joined with the other, SQLite scans all runs of the project. */
async function runsAt(queries: Queries, project: string, sha: string): Promise<string[]> {
  const rows = await queries
    .selectFrom("run_commits")
    .select("run")
    .where("project", "=", project)
    .where("sha", "=", sha)
    .execute();
  return rows.map(({ run }) => run);
}

export async function findListedRun(queries: Queries, id: string): Promise<ListedRun | undefined> {
  const row = await commandRuns(queries).where("runs.id", "=", id).executeTakeFirst();
  return row && listed(row);
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
    .where("kind", "=", "command")
    .where("trigger", "in", JUDGED_TRIGGERS)
    .where("ended_at", "is not", null)
    .where("state", "<>", "canceled")
    .orderBy("created_at", "desc")
    .limit(1);
  if (ref !== undefined) query = query.where("ref", "=", ref);
  return (await query.executeTakeFirst()) ?? lastKept(queries, project, ref);
}
