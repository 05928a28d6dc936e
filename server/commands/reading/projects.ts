import { sql } from "kysely";
import { fromJson } from "../../database/json.ts";
import type { Queries } from "../../database/database.ts";
import { JUDGED_TRIGGERS } from "../../runs/last-states.ts";
import type { BranchRun } from "./branch.ts";
import { readListed, type ListedRun } from "./runs.ts";

export interface ProjectActivity {
  slug: string;
  public: boolean;
  default_branch: string | null;
  /** When its last run was made; null where nothing ran. */
  active_at: number | null;
}

/** All projects, the one that ran last first. */
export async function readProjects(queries: Queries): Promise<ProjectActivity[]> {
  const rows = await queries
    .selectFrom("projects")
    .select(["slug", "settings", "default_branch"])
    .select(
      // Each kind has its newest run at the end of an index; over both, SQLite would sort all runs.
      sql<number | null>`nullif(max(
        coalesce((select created_at from runs where runs.project = projects.slug
          and kind = 'command' order by created_at desc limit 1), 0),
        coalesce((select created_at from runs where runs.project = projects.slug
          and kind = 'block' order by created_at desc limit 1), 0)), 0)`.as("active_at"),
    )
    .where("removed_at", "is", null)
    .orderBy("active_at", "desc")
    .orderBy("slug")
    .execute();
  return rows.map(({ settings, ...row }) => ({
    ...row,
    public: fromJson(settings).public === true,
  }));
}

export interface ProjectTrend {
  /** The newest runs of the default branch that count for its state, newest first. */
  runs: BranchRun[];
  /** The newest of them; where there is none, the project's newest command run. */
  last: ListedRun | undefined;
}

/** How the default branches of projects fare, each by its `limit` newest runs; read from an index, in one statement. */
export async function readTrends(
  queries: Queries,
  slugs: readonly string[],
  limit: number,
): Promise<Map<string, ProjectTrend>> {
  if (slugs.length === 0) return new Map();
  const rows = await queries
    .selectFrom("projects")
    .select("slug")
    .select(
      sql<string>`(select json_group_array(json_array(id, state, created_at, ended_at, ran_ms)) from (
        select id, state, created_at, ended_at, ran_ms from runs
        where runs.project = projects.slug and kind = 'command'
          and ref = 'refs/heads/' || projects.default_branch
          and trigger in (${sql.join(JUDGED_TRIGGERS)})
          and ended_at is not null and state <> 'canceled'
        order by created_at desc, id desc limit ${limit}))`.as("runs"),
    )
    .select(
      sql<string | null>`(select id from runs where runs.project = projects.slug
        and kind = 'command' order by created_at desc limit 1)`.as("newest"),
    )
    .where("slug", "in", slugs)
    .execute();
  const trends = rows.map(({ slug, runs, newest }) => {
    const read = JSON.parse(runs) as [string, BranchRun["state"], number, number, number | null][];
    const all = read.map(([id, state, created_at, ended_at, ran_ms]) => {
      return { id, state, created_at, ended_at, ran_ms };
    });
    return { slug, runs: all, lastId: all[0]?.id ?? newest };
  });
  const last = await readListed(
    queries,
    trends.flatMap(({ lastId }) => lastId ?? []),
  );
  const byProject = new Map(last.map((run) => [run.project, run]));
  return new Map(trends.map(({ slug, runs }) => [slug, { runs, last: byProject.get(slug) }]));
}
