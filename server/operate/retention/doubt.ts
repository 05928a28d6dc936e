import type { Database } from "../../database/database.ts";

const SWEPT_AT = "swept_at";
const HOUR_MS = 60 * 60 * 1000;
/** A server that was away for longer may have come back with a clock that is wrong. */
const BELIEVED_MS = 7 * 24 * HOUR_MS;
/** For so long somebody may set the clock right. */
const DOUBTED_MS = 24 * HOUR_MS;

/**
 * Whether the clock is to be believed as far as nothing is removed that it alone says is old: one that leapt ahead,
 * by weeks since the last sweep, is not for a day. `steady` is a clock that never jumps.
 */
export function createDoubt(
  { queries }: Pick<Database, "queries">,
  { now, steady }: { now: () => number; steady: () => number },
) {
  let since: number | undefined;
  return {
    /** For how many more milliseconds it is not believed; 0: it is. */
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

    /** All is removed that is old by the clock as it is. */
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
