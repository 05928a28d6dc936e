import type { Database } from "../../database/database.ts";

const SWEPT_AT = "swept_at";
const HOUR_MS = 60 * 60 * 1000;
/** A longer jump of the clock between sweeps may mean that the clock is wrong. */
const MAX_JUMP_MS = 7 * 24 * HOUR_MS;
/** Time for an operator to correct the clock. */
const PAUSED_MS = 24 * HOUR_MS;

/**
 * Pauses retention for a day if the clock is a week or more ahead of the last sweep: a wrong clock would make it delete
 * everything. `steady` is a monotonic clock.
 */
export function createClockJumpGuard(
  { queries }: Pick<Database, "queries">,
  { now, steady }: { now: () => number; steady: () => number },
) {
  let since: number | undefined;
  return {
    /** Remaining milliseconds of the pause; 0: the clock is trusted. */
    async left(): Promise<number> {
      const fact = await queries
        .selectFrom("facts")
        .select("value")
        .where("name", "=", SWEPT_AT)
        .executeTakeFirst();
      if (!fact || now() - Number(fact.value) < MAX_JUMP_MS) {
        since = undefined;
        return 0;
      }
      since ??= steady();
      return Math.max(0, since + PAUSED_MS - steady());
    },

    /** Records the time of a completed sweep. */
    async swept(): Promise<void> {
      since = undefined;
      const value = String(now());
      await queries
        .insertInto("facts")
        .values({ name: SWEPT_AT, value })
        .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
        .execute();
    },
  };
}
