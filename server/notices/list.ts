import type { Selectable } from "kysely";
import type { Notice } from "../../protocol/notices.ts";
import type { Queries } from "../database/database.ts";
import type { NoticesTable } from "../database/tables/projects.ts";

const PAGE_ROWS = 50;

/** A project's notices, newest first; `before` is the `older` of an earlier answer. */
export async function noticesOf(
  queries: Queries,
  slug: string,
  before?: string,
): Promise<{ notices: Notice[]; older: string | undefined }> {
  const [, at, id] = /^(\d{1,15})\.([0-9a-z]{1,64})$/.exec(before ?? "") ?? [];
  let query = queries
    .selectFrom("notices")
    .selectAll()
    .where("project", "=", slug)
    .orderBy("created_at", "desc")
    .orderBy("id")
    .limit(PAGE_ROWS + 1);
  if (at !== undefined && id !== undefined) {
    query = query.where((where) =>
      where.or([
        where("created_at", "<", Number(at)),
        where.and([where("created_at", "=", Number(at)), where("id", ">", id)]),
      ]),
    );
  }
  const rows = await query.execute();
  const shown = rows.slice(0, PAGE_ROWS);
  const last = shown.at(-1);
  return {
    notices: shown.map(viewOf),
    older: rows.length > PAGE_ROWS && last ? `${last.created_at}.${last.id}` : undefined,
  };
}

function viewOf(row: Selectable<NoticesTable>): Notice {
  return {
    id: row.id,
    kind: row.kind,
    target: row.target,
    run: row.run,
    what: row.what,
    created_at: new Date(row.created_at).toISOString(),
    state: row.sent_at !== null ? "sent" : row.next_at !== null ? "waiting" : "given_up",
    tries: row.tries,
    next_at: row.next_at === null ? null : new Date(row.next_at).toISOString(),
    answer: row.answer,
  };
}
