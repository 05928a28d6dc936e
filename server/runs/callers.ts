import { ApiError } from "../../protocol/deferred-error.ts";
import type { Database, Trx } from "../database/database.ts";
import { hmac, sameSecret } from "../database/ids.ts";
import { findRun } from "./lookup.ts";
import { applyInput, type RunRow } from "./record.ts";

export interface CallersDeps {
  database: Database;
  /** Master key: cancel tokens are made from it. */
  secret: string;
  now: () => number;
}

/** Callers of a run: the run is canceled when the last of them has left. */
export function createCallers({ database, secret, now }: CallersDeps) {
  const cancelToken = (run: string, caller: number): string =>
    `${caller}.${hmac(secret, "cancel", run, String(caller))}`;

  return {
    cancelToken,

    /** Returns the run before and after this canceled it, if it did. Throws `cancel_token_wrong`. */
    async remove(
      id: string,
      token: string,
    ): Promise<{ before: RunRow; after: RunRow } | undefined> {
      await findRun(database.queries, id);
      const caller = Number(token.split(".")[0]);
      if (!Number.isSafeInteger(caller) || !sameSecret(token, cancelToken(id, caller))) {
        throw new ApiError("cancel_token_wrong");
      }
      return database.write(async (trx) => {
        const before = await findRun(trx, id);
        await trx
          .updateTable("callers")
          .set({ left_at: now() })
          .where("run", "=", id)
          .where("caller", "=", caller)
          .where("left_at", "is", null)
          .execute();
        if (await hasCallers(trx, id)) return undefined;
        const after = await applyInput(trx, before, { type: "canceled" }, now());
        return after && { before, after };
      });
    },
  };
}

async function hasCallers(trx: Trx, run: string): Promise<boolean> {
  const one = await trx
    .selectFrom("callers")
    .select("caller")
    .where("run", "=", run)
    .where("left_at", "is", null)
    .executeTakeFirst();
  return one !== undefined;
}
