import { fromJson } from "../../database/json.ts";
import { sql } from "kysely";
import type { RunState } from "../../../protocol/run.ts";
import type { Queries } from "../../database/database.ts";

export interface ListedProject {
  slug: string;
  public: boolean;
  last: { id: string; state: RunState; title: string; created_at: number } | undefined;
}

/** All projects by name, each with its last run. */
export async function readProjects(queries: Queries): Promise<ListedProject[]> {
  const rows = await queries
    .selectFrom("projects")
    .leftJoin("runs", (join) =>
      join.on(
        "runs.id",
        "=",
        sql<string>`(select id from runs as newest where newest.project = projects.slug
          and newest.kind = 'command' order by newest.created_at desc limit 1)`,
      ),
    )
    .select(["projects.slug", "projects.settings"])
    .select(["runs.id", "runs.state", "runs.title", "runs.created_at"])
    .where("projects.removed_at", "is", null)
    .orderBy("projects.slug")
    .execute();
  return rows.map(({ slug, settings, id, state, title, created_at }) => ({
    slug,
    public: fromJson(settings).public === true,
    last:
      id === null ? undefined : { id, state: state!, title: title ?? "", created_at: created_at! },
  }));
}
