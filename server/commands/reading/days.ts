import type { Queries } from "../../database/database.ts";
import { DAY_MS } from "../../runs/day-counts.ts";

export interface DayOfRuns {
  /** Start of the day, UTC. */
  at: number;
  succeeded: number;
  /** Runs that neither succeeded nor were canceled. */
  failed: number;
}

/** The outcomes of command runs on each of the last `days` days, today last. */
export async function runsByDay(
  queries: Queries,
  slug: string,
  { days, now }: { days: number; now: number },
): Promise<DayOfRuns[]> {
  const first = Math.floor(now / DAY_MS) - days + 1;
  const rows = await queries
    .selectFrom("run_days")
    .select(["day", "succeeded", "failed"])
    .where("project", "=", slug)
    .where("day", ">=", first)
    .execute();
  const byDay = new Map(rows.map((row) => [row.day, row]));
  return Array.from({ length: days }, (_, index) => {
    const { succeeded = 0, failed = 0 } = byDay.get(first + index) ?? {};
    return { at: (first + index) * DAY_MS, succeeded, failed };
  });
}
