import type { Database } from "../../database/database.ts";

const SWEPT_AT = "swept_at";
const HOUR_MS = 60 * 60 * 1000;
/** A server that was off for longer may have a wrong clock. */
const BELIEVED_MS = 7 * 24 * HOUR_MS;
/** Time for an operator to correct the clock. */
const DOUBTED_MS = 24 * HOUR_MS;

/**
 * Distrusts a clock that leapt ahead by a week or more since the last sweep, for a day: until then nothing is
 * removed for its age. `steady` is a clock that never jumps.
 */
export function createDoubt(
  { queries }: Pick<Database, "queries">,
  { now, steady }: { now: () => number; steady: () => number },
) {
  let since: number | undefined;
  return {
    /** Milliseconds for which it is still distrusted; 0: it is trusted. */
    async left(): Promise<number> {
      const fact = await queries
        .selectFrom("facts")
        .select("value")
        .where("name", "=", SWEPT_AT)
        .executeTakeFirst();
      if (!fact || now() - Number(fact.value) < BELIEVED_MS) {
        since = undefined;
        return 0;
      }
      since ??= steady();
      return Math.max(0, since + DOUBTED_MS - steady());
    },

    /** Called after a sweep by the present clock. */
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
