import { sql } from "kysely";
import type { RunState } from "../../../protocol/run.ts";
import type { Queries } from "../../database/database.ts";

const DAY_MS = 86_400_000;

export interface DayOfRuns {
  /** Start of the day, UTC. */
  at: number;
  succeeded: number;
  /** Runs that neither succeeded nor were canceled. */
  failed: number;
}

/** The outcomes of runs on each of the last `days` days, today last. */
export async function runsByDay(
  queries: Queries,
  slug: string,
  { days, now }: { days: number; now: number },
): Promise<DayOfRuns[]> {
  const first = Math.floor(now / DAY_MS) - days + 1;
  const rows = await queries
    .selectFrom("runs")
    .select((select) => [
      sql<number | string>`created_at / ${sql.lit(DAY_MS)}`.as("day"),
      "state",
      select.fn.countAll<number | string>().as("runs"),
    ])
    .where("project", "=", slug)
    .where("kind", "=", "command")
    .where("created_at", ">=", first * DAY_MS)
    .where("ended_at", "is not", null)
    .where("state", "<>", "canceled" satisfies RunState)
    .groupBy(["day", "state"])
    .execute();
  return Array.from({ length: days }, (_, index) => {
    const here = rows.filter(({ day }) => Number(day) === first + index);
    const [good, bad] = [true, false].map((went) => {
      const some = here.filter(({ state }) => (state === "succeeded") === went);
      return some.reduce((total, { runs }) => total + Number(runs), 0);
    });
    return { at: (first + index) * DAY_MS, succeeded: good!, failed: bad! };
  });
}
