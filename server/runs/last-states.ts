import type { Queries, Trx } from "../database/database.ts";
import type { RunRow } from "./record.ts";

/** Triggers that decide a branch's state; runs that a person tried out there do not count. */
export const JUDGED_TRIGGERS = ["push", "schedule", "replay"];

/** Keeps the state of a run that is removed, unless a later state of the branch is known. */
export async function keepLastState(
  trx: Trx,
  run: Pick<RunRow, "kind" | "project" | "trigger" | "ref" | "state" | "created_at">,
): Promise<void> {
  const judged = JUDGED_TRIGGERS.includes(run.trigger ?? "") && run.state !== "canceled";
  if (run.kind !== "command" || !judged) return;
  const { project, state, created_at } = run;
  await trx
    .insertInto("last_states")
    .values({ project, ref: run.ref ?? "", state, created_at })
    .onConflict((conflict) =>
      conflict
        .columns(["project", "ref"])
        .doUpdateSet({ state, created_at })
        .where("last_states.created_at", "<=", created_at),
    )
    .execute();
}

/** The last state of the branch, or of the whole project, among removed runs. */
export function lastKept(queries: Queries, project: string, ref: string | undefined) {
  let query = queries
    .selectFrom("last_states")
    .select("state")
    .where("project", "=", project)
    .orderBy("created_at", "desc")
    .limit(1);
  if (ref !== undefined) query = query.where("ref", "=", ref);
  return query.executeTakeFirst();
}
