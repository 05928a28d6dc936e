import { ApiError } from "../../protocol/deferred-error.ts";
import type { Queries } from "../database/database.ts";
import { prepared } from "../database/prepared.ts";
import type { RunRow } from "./record.ts";

/** The facts of a run that are needed before a caller is checked. */
export type FoundRun = Pick<RunRow, "id" | "kind" | "project" | "last_event" | "ended_at">;

const runOfId = prepared((queries, { id }: { id: string }) =>
  queries.selectFrom("runs").selectAll().where("id", "=", id),
);

/** Throws `run_not_found`, or `run_expired` where there was one. */
export async function findRun(queries: Queries, id: string): Promise<RunRow> {
  const [row] = await runOfId(queries, { id });
  if (!row) throw await missingRun(queries, id);
  return row;
}

/** Why there is no run of this id. */
export async function missingRun(queries: Queries, id: string): Promise<ApiError> {
  const expired = await queries
    .selectFrom("expired_runs")
    .select("id")
    .where("id", "=", id)
    .executeTakeFirst();
  return new ApiError(expired ? "run_expired" : "run_not_found");
}

/** The runs of `ids` that exist. */
export async function findRuns(queries: Queries, ids: readonly string[]): Promise<FoundRun[]> {
  return queries
    .selectFrom("runs")
    .select(["id", "kind", "project", "last_event", "ended_at"])
    .where("id", "in", ids)
    .execute();
}

/** Ids of a project's runs that have not ended. */
export async function findOpenRuns(queries: Queries, project: string): Promise<string[]> {
  const rows = await queries
    .selectFrom("runs")
    .select("id")
    .where("project", "=", project)
    .where("ended_at", "is", null)
    .execute();
  return rows.map(({ id }) => id);
}
