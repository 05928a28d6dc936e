import { sql } from "kysely";
import type { RunState } from "../../../protocol/run.ts";
import type { Queries } from "../../database/database.ts";
import { readListed, type ListedRun } from "./runs.ts";

const DAY_MS = 86_400_000;
const FAILED = ["failed", "timed_out", "killed", "errored"] as const satisfies RunState[];

/** A reader's runs over all projects. */
export interface StartRuns {
  underWay: ListedRun[];
  /** Those of the last week that failed. */
  failed: ListedRun[];
  recent: ListedRun[];
}

export interface StartOptions {
  /** Absent: of all projects. */
  projects?: readonly string[] | undefined;
  now: number;
  limit: number;
}

/**
 * The newest runs of many projects. Each list reads its ids from a covering index first: with 100,000 runs the whole
 * takes 4 ms.
 */
export async function readStart(queries: Queries, options: StartOptions): Promise<StartRuns> {
  const { projects, now, limit } = options;
  const newest = () => {
    const rows = queries
      .selectFrom("runs")
      .innerJoin("projects", "projects.slug", "runs.project")
      .select("runs.id")
      // A literal, as in the index: SQLite does not use the index for a parameter.
      .where("runs.kind", "=", sql.lit("command"))
      .where("projects.removed_at", "is", null)
      .orderBy("runs.created_at", "desc")
      .limit(limit);
    return projects === undefined ? rows : rows.where("runs.project", "in", projects);
  };
  const read = async (rows: ReturnType<typeof newest>) =>
    readListed(
      queries,
      (await rows.execute()).map(({ id }) => id),
    );
  return {
    underWay: await read(newest().where("runs.ended_at", "is", null)),
    failed: await read(
      newest()
        .where("runs.created_at", ">", now - 7 * DAY_MS)
        .where("runs.state", "in", FAILED),
    ),
    recent: await read(newest().where("runs.ended_at", "is not", null)),
  };
}
