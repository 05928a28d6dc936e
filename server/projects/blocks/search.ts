import { sql } from "kysely";
import { ApiError } from "../../../protocol/deferred-error.ts";
import type { Queries } from "../../database/database.ts";
import { LISTED, listedOf, type ListedBlock } from "./registered-block.ts";

export interface BlockSearch {
  /** Each is an id, or stands in the title, the name or the runtime. */
  words?: readonly string[];
  /** Id of the block after which the list continues. */
  before?: string | undefined;
  limit: number;
}

export async function searchBlocks(
  queries: Queries,
  project: string,
  { words = [], before, limit }: BlockSearch,
): Promise<ListedBlock[]> {
  // The ids of an index that has all of this: rows hold code and files, so they are read only for what is listed.
  let found = queries
    .selectFrom("registered_blocks")
    .select("id")
    .where("project", "=", project)
    .orderBy("last_run_at", "desc")
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(limit);
  for (const word of words) {
    const text = sql<string>`lower(title || ' ' || coalesce(name, '') || ' ' || runtime)`;
    found = found.where((where) =>
      where.or([
        where(sql<number>`instr(${text}, ${word.toLowerCase()})`, ">", 0),
        where("id", "=", word),
      ]),
    );
  }
  if (before !== undefined) {
    const last = await queries
      .selectFrom("registered_blocks")
      .select(["last_run_at", "created_at", "id"])
      .where("project", "=", project)
      .where("id", "=", before)
      .executeTakeFirst();
    if (!last) throw new ApiError("query_invalid", "before: the id of a block of the project.");
    found = found.where((where) =>
      where(
        where.refTuple("last_run_at", "created_at", "id"),
        "<",
        where.tuple(last.last_run_at, last.created_at, last.id),
      ),
    );
  }
  const rows = await queries
    .selectFrom("registered_blocks")
    .select(LISTED)
    .where("project", "=", project)
    .where("id", "in", found)
    .orderBy("last_run_at", "desc")
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .execute();
  return rows.map(listedOf);
}
