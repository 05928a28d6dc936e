import { sql } from "kysely";
import { OPEN_STATES, type RunState } from "../../../protocol/run.ts";
import type { Queries } from "../../database/database.ts";
import { readListed, type ListedRun } from "./runs.ts";

const DAY_MS = 86_400_000;
const FAILED = ["failed", "timed_out", "killed", "errored"] as const satisfies RunState[];

/** A reader's runs over all projects. */
export interface StartRuns {
  /** Those that the reader started first. */
  underWay: ListedRun[];
  /** Those of the last week that failed. */
  failed: ListedRun[];
  recent: ListedRun[];
  /** The newest runs of blocks, apart: readers make many. */
  blocks: ListedRun[];
}

export interface StartOptions {
  /** Who reads. */
  user: string;
  /** Absent: of all projects. */
  projects?: readonly string[] | undefined;
  now: number;
  limit: number;
}

/** The newest runs of many projects. `bench pages` measures them. */
export async function readStart(queries: Queries, options: StartOptions): Promise<StartRuns> {
  const { user, projects, now, limit } = options;
  const listed = () => {
    const rows = queries
      .selectFrom("runs")
      .innerJoin("projects", "projects.slug", "runs.project")
      .select("runs.id")
      // A literal, as in the index: SQLite does not use the index for a parameter.
      .where("runs.kind", "=", sql.lit("command"))
      .where("projects.removed_at", "is", null)
      .limit(limit);
    return projects === undefined ? rows : rows.where("runs.project", "in", projects);
  };
  const newest = () => listed().orderBy("runs.created_at", "desc");
  const own = sql<number>`json_extract(runs.started_by, '$.id') is ${user}`;
  const read = async (rows: ReturnType<typeof listed>) =>
    readListed(
      queries,
      (await rows.execute()).map(({ id }) => id),
    );
  return {
    // Few are under way. By their end or date alone, SQLite would look for them among all runs.
    underWay: await read(
      listed()
        .where("runs.ended_at", "is", null)
        .where("runs.state", "in", OPEN_STATES)
        .orderBy(own, "desc")
        .orderBy("runs.created_at", "desc"),
    ),
    failed: await read(
      newest()
        .where("runs.created_at", ">", now - 7 * DAY_MS)
        .where("runs.state", "in", FAILED),
    ),
    recent: await read(newest().where("runs.ended_at", "is not", null)),
    blocks: await readListed(queries, await newestOfBlocks(queries, options)),
  };
}

/** Ids of the newest runs of blocks. Each project's are read from its index: sorted at once, all would be read. */
async function newestOfBlocks(
  queries: Queries,
  { projects, limit }: StartOptions,
): Promise<string[]> {
  let query = queries
    .selectFrom("projects")
    .select(
      sql<string>`(select json_group_array(json_array(created_at, id)) from (
        select created_at, id from runs where runs.project = projects.slug and kind = 'block'
        order by created_at desc, id desc limit ${limit}))`.as("runs"),
    )
    .where("removed_at", "is", null);
  if (projects !== undefined) query = query.where("slug", "in", projects);
  const rows = await query.execute();
  return rows
    .flatMap(({ runs }) => JSON.parse(runs) as [at: number, id: string][])
    .toSorted(([a], [b]) => b - a)
    .slice(0, limit)
    .map(([, id]) => id);
}
