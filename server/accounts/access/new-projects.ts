import { ApiError } from "../../../protocol/deferred-error.ts";
import type { Trx } from "../../database/database.ts";

/** Most projects that a person owns and still makes more. Removed ones count: their names stay taken. */
const MOST_OWNED = 20;

/**
 * Throws unless the user may make a project of this name: `project_limit`, or `owner_part_taken` where others own all
 * projects with the same part before the slash. The server's owner is not asked.
 */
export async function checkNewProject(trx: Trx, slug: string, user: string): Promise<void> {
  const { owned } = await trx
    .selectFrom("members")
    .select(({ fn }) => fn.countAll<number>().as("owned"))
    .where("user", "=", user)
    .where("role", "=", "owner")
    .executeTakeFirstOrThrow();
  if (owned >= MOST_OWNED) throw new ApiError("project_limit");
  const part = slug.slice(0, slug.indexOf("/"));
  const named = await trx
    .selectFrom("projects")
    .leftJoin("members", (join) =>
      join
        .onRef("members.project", "=", "projects.slug")
        .on("members.user", "=", user)
        .on("members.role", "=", "owner"),
    )
    .select("members.user as owner")
    // It has no character that is special in a pattern.
    .where("projects.slug", "like", `${part}/%`)
    .execute();
  if (named.length > 0 && named.every(({ owner }) => owner === null)) {
    throw new ApiError("owner_part_taken");
  }
}
