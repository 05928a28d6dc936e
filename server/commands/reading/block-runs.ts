import { sql } from "kysely";
import type { RunState } from "../../../protocol/run.ts";
import type { Queries } from "../../database/database.ts";
import { fromJson } from "../../database/json.ts";

export interface RunOfBlock {
  id: string;
  state: RunState;
  created_at: number;
  /** Seconds; undefined before the program has ended. */
  ran_s: number | undefined;
}

/** The last runs of a block, newest first. `digest` is the token's. */
export async function readRunsOfBlock(
  queries: Queries,
  digest: string,
  limit: number,
): Promise<RunOfBlock[]> {
  const rows = await queries
    .selectFrom("runs")
    .select(["id", "state", "created_at", "ending"])
    // A literal, as in the index: SQLite does not use the index for a parameter.
    .where("kind", "=", sql.lit("block"))
    .where("block_digest", "=", digest)
    .orderBy("created_at", "desc")
    .limit(limit)
    .execute();
  return rows.map(({ ending, ...run }) => ({ ...run, ran_s: fromJson(ending)?.times.ran_s }));
}
