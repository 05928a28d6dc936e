import { pagePaths } from "../../../protocol/paths.ts";
import type { Queries } from "../../database/database.ts";

/** Addresses of the pages of runs by id; ids of no run are left out. */
export async function runPagesOf(
  queries: Queries,
  ids: readonly string[],
): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await queries
    .selectFrom("runs")
    .select(["id", "project", "kind"])
    .where("id", "in", [...new Set(ids)])
    .execute();
  return new Map(
    rows.map(({ id, project, kind }) => [
      id,
      kind === "block" ? pagePaths.blockRun(id) : pagePaths.run(project, id),
    ]),
  );
}
