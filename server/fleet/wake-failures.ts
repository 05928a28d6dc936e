import type { ReasonCode } from "../../protocol/reasons.ts";
import type { Queries, Trx } from "../database/database.ts";
import { isPassing, type WakeFailures } from "./backoff.ts";
import { parseReason, type MachineEnd } from "./machines.ts";

/** A failed wake that is not yet reported to waiting runs. */
export interface UntoldFailure {
  pool: string;
  reason: ReasonCode;
  said: string | undefined;
}

/** The reason that waiting runs get for a machine's end; undefined where the end was intended. */
function toFailure(reason: MachineEnd): ReasonCode | undefined {
  switch (reason) {
    // The next server wakes a machine for waiting runs.
    case "server_closed":
    case "shut_down":
    // Waiting runs wake another machine.
    case "asleep":
    case "stop_asked":
    case "end_asked":
    case "making_room":
    case "unstartable":
    // Each run of the project is told that its budget is spent.
    case "budget_spent":
    case "unused":
    case "outdated":
      return undefined;
    // It left before it had registered.
    case "idle":
      return "boot_failed";
    default:
      return reason;
  }
}

/**
 * Records that a machine's current wake failed: waiting runs are told before another machine is launched.
 * Changes nothing where that is on record, or where the end was intended.
 */
export async function failWake(
  trx: Trx,
  machine: string,
  reason: MachineEnd,
  now: number,
): Promise<void> {
  if (toFailure(reason) === undefined) return;
  await trx
    .updateTable("wakes")
    .set({ failed_at: now, untold: 1 })
    .where("machine", "=", machine)
    .where("ended_at", "is", null)
    .where("failed_at", "is", null)
    .execute();
}

/** The last unreported failure of each pool; marks all of them as reported. */
export async function takeUntoldFailures(queries: Queries): Promise<UntoldFailure[]> {
  const first = queries.selectFrom("wakes").select("machine").where("untold", "=", 1).limit(1);
  if (!(await first.executeTakeFirst())) return [];
  const taken = await queries
    .updateTable("wakes")
    .set({ untold: 0 })
    .where("untold", "=", 1)
    .returning(["pool", "reason", "said", "failed_at"])
    .execute();
  const inOrder = taken.toSorted((a, b) => (a.failed_at ?? 0) - (b.failed_at ?? 0));
  const lastIn = new Map(inOrder.map((wake) => [wake.pool, wake]));
  return [...lastIn.values()].flatMap(({ pool, reason, said }) => {
    const failure = toFailure(parseReason(reason) ?? "launch_failed");
    return failure === undefined ? [] : { pool, reason: failure, said: said ?? undefined };
  });
}

/** Whether the latest machine woken after `since` that came up or failed had no working sandbox. */
export async function isSandboxMissing(queries: Queries, since: number): Promise<boolean> {
  const last = await queries
    .selectFrom("wakes")
    .select(["registered_at", "reason"])
    .where("requested_at", ">=", since)
    .where((where) =>
      where.or([where("registered_at", "is not", null), where("reason", "is not", null)]),
    )
    .orderBy("requested_at", "desc")
    .limit(1)
    .executeTakeFirst();
  return last?.registered_at === null && last.reason === "sandbox_missing";
}

/** Ends before registration that do not show whether machines are available. */
const NEUTRAL = [
  "idle",
  "unused",
  "outdated",
  "asleep",
  "stop_asked",
  "end_asked",
  "unstartable",
  "server_closed",
  "shut_down",
  "budget_spent",
  "taken_back",
];

/**
 * Failures among the pool's last 20 wakes since the last successful one, each from the moment it was given
 * up.
 */
export async function countWakeFailures(
  queries: Queries,
  pool: string,
  now: number,
): Promise<WakeFailures> {
  const last = await queries
    .selectFrom("wakes")
    .select(["registered_at", "failed_at", "ended_at", "reason", "said"])
    .where("pool", "=", pool)
    .where((where) =>
      where.or([
        where("registered_at", "is not", null),
        where.and([where("reason", "is not", null), where("reason", "not in", NEUTRAL)]),
      ]),
    )
    .orderBy("requested_at", "desc")
    .limit(20)
    .execute();
  const worked = last.findIndex((wake) => wake.registered_at !== null);
  const failed = worked === -1 ? last : last.slice(0, worked);
  const lasting = failed.filter(({ reason }) => !isPassing(reason));
  return {
    count: failed.length,
    lasting: lasting.length,
    lastAt: Math.max(0, ...failed.map((wake) => wake.failed_at ?? wake.ended_at ?? now)),
    reason:
      toFailure(parseReason(lasting[0]?.reason ?? null) ?? "launch_failed") ?? "launch_failed",
    said: lasting[0]?.said ?? undefined,
  };
}
