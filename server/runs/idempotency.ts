import type { Trx } from "../database/database.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { RunRow } from "./record.ts";

/** Who asked for a run: each request is a caller, and a run without callers is canceled. */
export interface Submitted {
  run: RunRow;
  /** Absent where there is nothing to leave: a stored result answers, or a token cancels. */
  caller?: number | undefined;
  /** True where the run was made by this request. */
  created: boolean;
  /** How another request's run answers, where it does; a repeat is the same request. */
  shared?: "in_flight" | "stored" | undefined;
  /** The run whose stored result may be shown at once: `run` itself, or one before it. */
  stored?: RunRow | undefined;
}

/** What tells whether two requests with a key are one: who may repeat it, and what it asked for. */
export interface KeyedRequest {
  /** Digest over the key and what it is unique in. */
  scope: string;
  /** Digest over everything else. */
  body: string;
}

/** Stands for no caller. Others count from 1. */
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

/** From now on, and for a day, a repeat of the request is answered by the same run. */
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
