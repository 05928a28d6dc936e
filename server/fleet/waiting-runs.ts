import { fromJson } from "../database/json.ts";
import { sql } from "kysely";
import type { ReasonCode } from "../../protocol/reasons.ts";
import type { Waking } from "../../protocol/run.ts";
import { servesRuntime } from "../../protocol/runtimes.ts";
import type { Queries } from "../database/database.ts";
import { hasItsTurn } from "../runs/lanes.ts";
import { WAITING_STATES, type RunRow } from "../runs/record.ts";
import type { Runs } from "../runs/runs.ts";
import type { WakeFailures } from "./backoff.ts";
import { runtimesOf, wakingOf, type AliveMachine } from "./machines.ts";
import { someAtOnce } from "./some-at-once.ts";
import { usualWake } from "./wake-figures.ts";
import { kindOfWake } from "./wakes.ts";

/** A run without its code, as the planner reads it: code alone may be 256 KiB. */
export type WaitingRun = Pick<
  RunRow,
  "id" | "project" | "pool" | "state" | "runtime" | "attempt" | "max_attempts" | "last_event"
>;

/** Runs of one pool that the planner reads, so that a project that pushes a lot hides no other. */
const MAX_RUNS = 1000;

/** Runs that a machine could claim now, oldest first. */
export async function waitingRuns(queries: Queries, now: number): Promise<WaitingRun[]> {
  const facts = [
    "id",
    "project",
    "pool",
    "state",
    "runtime",
    "attempt",
    "max_attempts",
    "last_event",
  ] as const;
  return queries
    .selectFrom((select) =>
      select
        .selectFrom("runs")
        .select([...facts, "created_at"])
        .select(sql<number>`row_number() over (partition by pool order by created_at)`.as("place"))
        .where("state", "in", WAITING_STATES)
        .where("available_at", "<=", now)
        .where(hasItsTurn)
        .as("waiting"),
    )
    .select(facts)
    .where("place", "<=", MAX_RUNS)
    .orderBy("created_at")
    .execute();
}

export type WakeNews = ReturnType<typeof createWakeNews>;

/** Reports the progress of a wake to the waiting runs of a pool. */
export function createWakeNews({ queries, runs }: { queries: Queries; runs: Runs }) {
  /** The last news of each run. */
  const told = new Map<string, string>();

  return {
    /** Reports the wake's progress to every run without a free slot. */
    async tellProgress(
      waiting: readonly WaitingRun[],
      machines: readonly AliveMachine[],
      failures: WakeFailures,
    ): Promise<void> {
      const machine = machines.find(({ state }) => state === "launching");
      if (!machine) return;
      const ready = machines.filter(({ state }) => state === "ready");
      const free = ready.reduce((sum, one) => sum + one.slots - one.running, 0);
      const news = waiting
        .slice(Math.max(0, free))
        .map((run) => {
          const next = machine.next ?? nextOf(failures, run);
          return { run, next, key: keyOf(wakingOf(machine, undefined, next)) };
        })
        .filter(({ run, key }) => run.state !== "waking" || told.get(run.id) !== key);
      if (news.length === 0) return;
      const kind = await kindOfWake(queries, machine.launch_id);
      const usual = await usualWake(queries, machine.pool, kind);
      await someAtOnce(news, async ({ run, next, key }) => {
        const waking = wakingOf(machine, usual, next);
        const known = run.state === "waking" && !told.has(run.id) && (await lastTold(run)) === key;
        told.set(run.id, key);
        if (!known) await runs.apply(run.id, { type: "machine_waking", waking });
      });
    },

    /** Gives up runs that no machine of the pool can execute. */
    async giveUpUnserved(
      waiting: readonly WaitingRun[],
      machines: readonly AliveMachine[],
    ): Promise<void> {
      const ready = machines.filter(({ state }) => state === "ready");
      if (ready.length === 0 || machines.some(({ state }) => state === "launching")) return;
      const found = ready.flatMap(runtimesOf);
      const served = (run: WaitingRun) =>
        found.some((runtime) => servesRuntime(runtime, run.runtime));
      await giveUp(
        waiting.filter((run) => !served(run)),
        "runtime_not_installed",
      );
    },

    /** Gives up runs, because no machine is woken before `again`. */
    async giveUpWithoutMachine(
      waiting: readonly WaitingRun[],
      { reason, said, again }: { reason: ReasonCode; said?: string | undefined; again: number },
    ): Promise<void> {
      const detail = [said, againText(reason, again)].filter(Boolean).join(" ");
      await giveUp(waiting, reason, detail);
    },

    /** Forgets runs that no longer wait. */
    keepOnly(waiting: readonly WaitingRun[]): void {
      const ids = new Set(waiting.map(({ id }) => id));
      for (const run of told.keys()) if (!ids.has(run)) told.delete(run);
    },
  };

  /** Some at once: each waits for its result to be stored. */
  async function giveUp(
    waiting: readonly WaitingRun[],
    reason: ReasonCode,
    detail?: string,
  ): Promise<void> {
    const facts = detail === undefined ? { reason } : { reason, detail };
    await someAtOnce(waiting, ({ id }) => runs.apply(id, { type: "given_up", ...facts }));
  }

  /** Read from the log: an earlier server may have reported it. */
  async function lastTold(run: WaitingRun): Promise<string | undefined> {
    const last = await queries
      .selectFrom("events")
      .select("body")
      .where("run", "=", run.id)
      .where("id", "=", run.last_event)
      .executeTakeFirst();
    const event = last && fromJson(last.body);
    return event?.type === "waking" ? keyOf(event) : undefined;
  }
}

/** Equal where a reader sees no difference. */
function keyOf({ since, phase, step, next }: Waking): string {
  return JSON.stringify([since, phase, step?.number, step?.of, step?.name, next]);
}

function nextOf({ lasting }: WakeFailures, run: WaitingRun): string {
  return lasting === 0 && run.attempt + 1 < run.max_attempts
    ? "If this machine does not come up, another one is started once."
    : "If this machine does not come up either, the run ends and tells why.";
}

function againText(reason: ReasonCode, again: number): string {
  const time = new Date(again).toISOString().slice(11, 19);
  return reason === "budget_spent"
    ? "It begins anew at midnight UTC: run it again then."
    : `Another is tried from ${time} UTC on: run it again then.`;
}
