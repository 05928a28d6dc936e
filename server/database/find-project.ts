import type { Queries } from "./database.ts";

/** The row of a project that was not removed. */
export function findProjectRow(queries: Queries, slug: string) {
  return queries
    .selectFrom("projects")
    .selectAll()
    .where("slug", "=", slug)
    .where("removed_at", "is", null)
    .executeTakeFirst();
}
