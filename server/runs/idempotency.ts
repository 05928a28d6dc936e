import type { Trx } from "../database/database.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { RunRow } from "./record.ts";

/** The outcome of a request for a run. Each request is a caller, and a run without callers is canceled. */
export interface Submitted {
  run: RunRow;
  /** Absent where there is nothing to leave: a stored result answers, or a token cancels. */
  caller?: number | undefined;
  /** True where this request made the run. */
  created: boolean;
  /** Set where another request's run answers; a repeat counts as the same request. */
  shared?: "in_flight" | "stored" | undefined;
  /** The run whose stored result may be shown at once: `run` itself, or an earlier one. */
  stored?: RunRow | undefined;
}

/** Identifies a request with an idempotency key: its caller and its content. */
export interface KeyedRequest {
  /** Digest over the key and the scope in which it is unique. */
  scope: string;
  /** Digest over everything else. */
  body: string;
}

/** No caller. Others count from 1. */
const NOBODY = 0;
const KEPT_MS = 24 * 60 * 60 * 1000;

/** The run an earlier request with the same key made. Throws `idempotency_key_reused`. */
export async function findRepeated(
  trx: Trx,
  { scope, body }: KeyedRequest,
  now: number,
): Promise<Submitted | undefined> {
  const earlier = await trx
    .selectFrom("idempotency")
    .selectAll()
    .where("scope", "=", scope)
    .where("created_at", ">", now - KEPT_MS)
    .executeTakeFirst();
  if (!earlier) return undefined;
  if (earlier.body !== body) throw new ApiError("idempotency_key_reused");
  const run = await trx
    .selectFrom("runs")
    .selectAll()
    .where("id", "=", earlier.run)
    .executeTakeFirstOrThrow();
  const caller = earlier.caller === NOBODY ? undefined : earlier.caller;
  return { run, caller, created: false };
}

/** Remembers the request for a day: a repeat is answered by the same run. */
export async function rememberRequest(
  trx: Trx,
  { scope, body }: KeyedRequest,
  { run, caller = NOBODY }: Submitted,
  now: number,
): Promise<void> {
  await trx
    .insertInto("idempotency")
    .values({ scope, body, run: run.id, caller, created_at: now })
    .onConflict((conflict) =>
      conflict.column("scope").doUpdateSet((row) => ({
        body: row.ref("excluded.body"),
        run: row.ref("excluded.run"),
        caller: row.ref("excluded.caller"),
        created_at: row.ref("excluded.created_at"),
      })),
    )
    .execute();
}
