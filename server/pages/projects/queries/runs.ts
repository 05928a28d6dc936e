import { fromJson, type Json } from "../../../database/json.ts";
import type { Ending, RunState } from "../../../../protocol/run.ts";
import type { Queries } from "../../../database/database.ts";
import { lastKept } from "../../../runs/last-states.ts";
import { PAGE_ROWS } from "./list.ts";

export interface ListedRun {
  id: string;
  state: RunState;
  trigger: string;
  title: string;
  ref: string | null;
  created_at: number;
  ended_at: number | null;
  /** Seconds, once it has ended. */
  ran_s: number | undefined;
}

const LISTED = [
  "id",
  "state",
  "trigger",
  "title",
  "ref",
  "created_at",
  "ended_at",
  "ending",
] as const;

function listed<
  Row extends { trigger: string | null; title: string | null; ending: Json<Ending> | null },
>(row: Row) {
  const ending = fromJson(row.ending);
  return {
    ...row,
    trigger: row.trigger ?? "",
    title: row.title ?? "",
    ran_s: ending?.times.ran_s,
    reason: ending?.reason?.message,
  };
}

/** Runs of a project, newest first; those at one commit, or those under way alone. */
export async function runsOf(
  queries: Queries,
  slug: string,
  options: {
    sha?: string;
    underWay?: boolean;
    before?: readonly [number, string] | undefined;
  } = {},
): Promise<{ runs: ListedRun[]; older: string | undefined }> {
  let query = queries
    .selectFrom("runs")
    .select(LISTED)
    .where("project", "=", slug)
    .where("kind", "=", "command")
    .orderBy("created_at", "desc")
    .orderBy("id")
    .limit(PAGE_ROWS + 1);
  const { sha, underWay, before } = options;
  if (underWay) query = query.where("ended_at", "is", null);
  if (sha !== undefined) {
    query = query.where("id", "in", (from) =>
      from
        .selectFrom("run_commits")
        .select("run")
        .where("run_commits.project", "=", slug)
        .where("run_commits.sha", "=", sha),
    );
  }
  if (before) {
    const [at, id] = before;
    query = query.where((where) =>
      where.or([
        where("created_at", "<", at),
        where.and([where("created_at", "=", at), where("id", ">", id)]),
      ]),
    );
  }
  const rows = await query.execute();
  const runs = rows.slice(0, PAGE_ROWS).map(listed);
  const last = runs.at(-1);
  const older = rows.length > PAGE_ROWS && last ? `${last.created_at}.${last.id}` : undefined;
  return { runs, older };
}

/** The newest run that ended, of those a branch is judged by: not what a person tried out there. */
export async function lastEnded(
  queries: Queries,
  slug: string,
  ref: string | undefined,
): Promise<{ state: RunState } | undefined> {
  let query = queries
    .selectFrom("runs")
    .select("state")
    .where("project", "=", slug)
    .where("kind", "=", "command")
    .where("trigger", "in", ["push", "schedule", "replay"])
    .where("ended_at", "is not", null)
    .where("state", "<>", "canceled")
    .orderBy("created_at", "desc")
    .limit(1);
  if (ref !== undefined) query = query.where("ref", "=", ref);
  return (await query.executeTakeFirst()) ?? lastKept(queries, slug, ref);
}

export interface FeedRun extends ListedRun {
  ended_at: number;
  author: string | undefined;
  reason: string | undefined;
}

/** The last runs that ended. */
export async function endedRuns(queries: Queries, slug: string): Promise<FeedRun[]> {
  const rows = await queries
    .selectFrom("runs")
    .leftJoin("run_commits", (join) =>
      join.onRef("run_commits.run", "=", "runs.id").on("run_commits.position", "=", 0),
    )
    .leftJoin("commits", (join) =>
      join
        .onRef("commits.sha", "=", "run_commits.sha")
        .onRef("commits.project", "=", "run_commits.project"),
    )
    .select(LISTED.map((name) => `runs.${name}` as const))
    .select("commits.author_name")
    .where("runs.project", "=", slug)
    .where("runs.kind", "=", "command")
    .where("runs.ended_at", "is not", null)
    .orderBy("runs.created_at", "desc")
    .limit(50)
    .execute();
  return rows.map(({ author_name, ...row }) => ({
    ...listed(row),
    ended_at: row.ended_at!,
    author: author_name ?? undefined,
  }));
}
