import type { RunState } from "../../protocol/run.ts";
import type { Trx } from "../database/database.ts";
import type { RunsTable } from "../database/tables/runs.ts";
import type { Selectable } from "kysely";

export const DAY_MS = 86_400_000;

/** Counts a command run that ends into its day. Charts keep the day after retention removed the run. */
export async function countOutcome(
  trx: Trx,
  { kind, project, created_at }: Pick<Selectable<RunsTable>, "kind" | "project" | "created_at">,
  state: RunState,
): Promise<void> {
  if (kind !== "command" || state === "canceled") return;
  const good = state === "succeeded" ? 1 : 0;
  await trx
    .insertInto("run_days")
    .values({
      project,
      day: Math.floor(created_at / DAY_MS),
      succeeded: good,
      failed: 1 - good,
    })
    .onConflict((conflict) =>
      conflict.columns(["project", "day"]).doUpdateSet((row) => ({
        succeeded: (set) => set("run_days.succeeded", "+", row.ref("excluded.succeeded")),
        failed: (set) => set("run_days.failed", "+", row.ref("excluded.failed")),
      })),
    )
    .execute();
}
