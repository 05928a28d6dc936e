import type { ReasonCode } from "../../protocol/errors.ts";
import type { Queries, Trx } from "../database/database.ts";
import type { MachineEnd } from "./endings.ts";
import { isPassing, type WakeFailures } from "./outlook.ts";

/** A wake that came to nothing, of which whoever waited for it has not heard. */
export interface UntoldFailure {
  pool: string;
  reason: ReasonCode;
  said: string | undefined;
}

/** What runs that waited for a machine are told of its end; undefined where it was meant. */
function failureOf(reason: MachineEnd): ReasonCode | undefined {
  switch (reason) {
    // Where the server ends first, runs go on waiting: the next one wakes a machine for them.
    case "server_closed":
    case "shut_down":
    // Whatever waits nevertheless wakes another.
    case "asleep":
    case "making_room":
    case "unstartable":
    // Its budget's end is told to each run that it concerns.
    case "budget_spent":
    case "unused":
    case "outdated":
      return undefined;
    // It went away by itself before it had registered.
    case "idle":
      return "boot_failed";
    default:
      return reason;
  }
}

/**
 * The wake under way of a machine has failed, from now on: whoever waits is to be told before another machine is
 * asked for. Changes nothing where that is on record, or where the end was meant.
 */
export async function failWake(
  trx: Trx,
  machine: string,
  reason: MachineEnd,
  now: number,
): Promise<void> {
  if (failureOf(reason) === undefined) return;
  await trx
    .updateTable("wakes")
    .set({ failed_at: now, untold: 1 })
    .where("machine", "=", machine)
    .where("ended_at", "is", null)
    .where("failed_at", "is", null)
    .execute();
}

/** The failures that nobody was told of, the last of each pool; from now on they count as told. */
export async function takeUntold(queries: Queries): Promise<UntoldFailure[]> {
  const first = queries.selectFrom("wakes").select("machine").where("untold", "=", 1).limit(1);
  if (!(await first.executeTakeFirst())) return [];
  const taken = await queries
    .updateTable("wakes")
    .set({ untold: 0 })
    .where("untold", "=", 1)
    .returning(["pool", "reason", "said", "failed_at"])
    .execute();
  const inOrder = taken.toSorted((a, b) => a.failed_at! - b.failed_at!);
  const lastIn = new Map(inOrder.map((wake) => [wake.pool, wake]));
  return [...lastIn.values()].map(({ pool, reason, said }) => ({
    pool,
    reason: failureOf(reason as MachineEnd)!,
    said: said ?? undefined,
  }));
}

/** Whether the last machine woken since then, of which it is known what came of it, had no working sandbox. */
export async function sandboxMissing(queries: Queries, since: number): Promise<boolean> {
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

/** Ends of a machine that did not come up which say nothing about whether one can be had. */
const NEUTRAL = [
  "idle",
  "unused",
  "outdated",
  "asleep",
  "unstartable",
  "server_closed",
  "shut_down",
  "budget_spent",
  "taken_back",
];

/**
 * The wakes of the pool, of its last 20, that failed since one of them worked: from the moment that their
 * machine was given up, also while it still goes.
 */
export async function wakeFailures(
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
    reason: (lasting[0]?.reason ?? "launch_failed") as ReasonCode,
    said: lasting[0]?.said ?? undefined,
  };
}
