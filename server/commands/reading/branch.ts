import { sql } from "kysely";
import type { RunState } from "../../../protocol/run.ts";
import type { Queries } from "../../database/database.ts";
import { JUDGED_TRIGGERS } from "../../runs/last-states.ts";

/** A run that ended and counts for its branch's state. */
export interface BranchRun {
  id: string;
  state: RunState;
  created_at: number;
  ended_at: number;
  ran_ms: number | null;
}

/** The branch's newest runs that count for its state, newest first; read from the index alone. */
export async function readBranchRuns(
  queries: Queries,
  project: string,
  ref: string,
  limit: number,
): Promise<BranchRun[]> {
  const rows = await queries
    .selectFrom("runs")
    .select(["id", "state", "created_at", "ended_at", "ran_ms"])
    .where("project", "=", project)
    // A literal, as in the index: SQLite does not use the index for a parameter.
    .where("kind", "=", sql.lit("command"))
    .where("ref", "=", ref)
    .where("trigger", "in", JUDGED_TRIGGERS)
    .where("ended_at", "is not", null)
    .where("state", "<>", "canceled")
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...row, ended_at: row.ended_at ?? row.created_at }));
}

export interface BranchTrend {
  isPassing: boolean;
  /** When the first run of the streak ended. */
  since: number;
  /** Whether the streak is longer than the runs that were read. */
  isLonger: boolean;
  /** Of the runs that were read; undefined where none ran. */
  medianS: number | undefined;
}

/** How the branch fares by its newest runs; undefined where there are none. */
export function trendOf(runs: readonly BranchRun[]): BranchTrend | undefined {
  const [last] = runs;
  if (!last) return undefined;
  const isPassing = last.state === "succeeded";
  const turn = runs.findIndex(({ state }) => (state === "succeeded") !== isPassing);
  const first = turn < 0 ? runs.at(-1)! : runs[turn - 1]!;
  return {
    isPassing,
    since: first.ended_at,
    isLonger: turn < 0,
    medianS: medianOf(runs.flatMap(({ ran_ms }) => (ran_ms === null ? [] : [ran_ms / 1000]))),
  };
}

function medianOf(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
