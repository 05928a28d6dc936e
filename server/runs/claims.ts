import type { Assignment, Holding, Work } from "../../protocol/responder.ts";
import { servesRuntime } from "../../protocol/runtimes.ts";
import type { Trx } from "../database/database.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { Feed } from "./feed.ts";
import { hasItsTurn } from "./lanes.ts";
import type { Claimant } from "./claimant.ts";
import { LEASE_S } from "./leases.ts";
import { applyInput, WAITING_STATES, type RunRow } from "./record.ts";
import { poolTopic, silenceTopic, type Runs, type RunsDeps } from "./runs.ts";

export type Claims = ReturnType<typeof createClaims>;

/** How many waiting runs of its runtimes a machine looks at to find those of its versions. */
const LOOKED_AT = 200;
/** What commands get on the smallest machine: a database and its client hardly begin with less. */
const LEAST_MEMORY_MB = 256;

/** What was stored can't be executed any more, for a cause of the project's own. */
export interface RefusedWork {
  kind: "refused";
  /** For whoever reads the run: a sentence. */
  detail: string;
}

export interface ClaimsDeps extends Pick<
  RunsDeps,
  "database" | "feed" | "now" | "log" | "onChanged"
> {
  /** What a machine gets of the stored work, with the project's secrets of now. */
  completeWork: (row: RunRow) => Promise<Work | RefusedWork>;
}

/** How machines come to their work. */
export function createClaims(deps: ClaimsDeps, runs: Runs) {
  const { database, feed, now, log, onChanged, completeWork } = deps;
  const fromNow = () => now() + LEASE_S * 1000;

  /**
   * Gives waiting runs to a machine: oldest first, only those whose runtime it has. Throws
   * `responder_token_wrong` or `machine_leaving` where it may not claim any more. A claim that the machine
   * waits for no more is given none. Idempotent: a duplicated claim returns the same runs. `more`: some of what it
   * was given turned out to be over.
   */
  async function claim(
    machine: Claimant,
    slots: number,
    holding?: Holding,
    more = false,
  ): Promise<Assignment[]> {
    const number = holding?.number;
    let again = false;
    const rows = await database.write(async (trx) => {
      const { claims_from: from } = await checkMayClaim(trx, machine);
      if (number !== undefined && number < from) return [];
      const given =
        number === undefined || more ? [] : await givenBefore(trx, machine, number, fromNow());
      again = given.length > 0;
      if (again) return given;
      const claimed = [];
      for (const id of (await fittingRuns(trx, machine, now())).slice(0, slots)) {
        const row = await trx
          .selectFrom("runs")
          .selectAll()
          .where("id", "=", id)
          .executeTakeFirstOrThrow();
        const lease = {
          machine: machine.launchId,
          claim: number ?? null,
          lease_until: fromNow(),
          last_batch: 0,
          output_size: 0,
          announced: null,
        };
        const after = await applyInput(trx, row, { type: "claimed" }, now(), lease);
        if (after) claimed.push(after);
      }
      return claimed;
    });
    for (const row of again ? [] : rows) {
      feed.changed(row.id);
      onChanged(row);
    }
    const assignments = await Promise.all(rows.map((row) => assignmentOf(row, machine)));
    const given = assignments.filter((assignment) => assignment !== undefined);
    const refused = again ? 0 : rows.length - given.length;
    return refused === 0 ? given : [...given, ...(await claim(machine, refused, holding, true))];
  }

  /** Undefined where the run ended instead, as there is nothing left that it could do. */
  async function assignmentOf(row: RunRow, machine: Claimant): Promise<Assignment | undefined> {
    const work = await completeWork(row).catch((error: unknown): RefusedWork => {
      log.error({ err: error, run: row.id }, "a run's work could not be prepared");
      return { kind: "refused", detail: "The server's operator has to look at its log." };
    });
    if (work.kind !== "refused") {
      const { id: run, attempt } = row;
      return { run, attempt, lease_s: LEASE_S, work: fitted(work, machine) };
    }
    const outcome = {
      cause: "refused",
      reason: "checkout_failed",
      exit_code: null,
      signal: null,
      truncated: { stdout: 0, stderr: 0, artifacts: 0 },
      detail: work.detail,
    } as const;
    await runs.apply(row.id, { type: "finished", outcome, artifacts: [] });
    return undefined;
  }

  return {
    claim,

    /** Claims; where nothing waits, does so again when something does, for `waitMs` at most. */
    async claimWithin(
      machine: Claimant,
      slots: number,
      waitMs: number,
      signal: AbortSignal,
      holding?: Holding,
    ): Promise<Assignment[]> {
      const silent = new AbortController();
      const unfollow = feed.follow([silenceTopic(machine.launchId)], () => silent.abort());
      const waited = AbortSignal.timeout(Math.ceil(waitMs));
      const over = AbortSignal.any([signal, waited, silent.signal]);
      try {
        for (;;) {
          // Listening begins before looking, so that nothing comes unnoticed in between.
          const news = nextChange(feed, poolTopic(machine.pool), over);
          try {
            if (signal.aborted || silent.signal.aborted) return [];
            const assignments = await claim(machine, slots, holding);
            if (assignments.length > 0 || over.aborted) return assignments;
            await news.came;
            if (over.aborted) return [];
          } finally {
            news.forget();
          }
        }
      } finally {
        unfollow();
      }
    },
  };
}

/**
 * Commands may take half of a small machine's memory at most: one that takes all of it ends the responder,
 * and with that every run that the machine holds.
 */
function fitted(work: Work, { memoryMb }: Claimant): Work {
  if (work.kind === "block") return work;
  const most = Math.max(LEAST_MEMORY_MB, Math.floor(memoryMb / 2));
  return { ...work, limits: { ...work.limits, memory_mb: Math.min(work.limits.memory_mb, most) } };
}

/**
 * In the claim's own transaction: a machine that was just told to go gets nothing that would be lost at once, nor
 * does a poll from before it registered anew, which may be open although nobody waits for it.
 */
async function checkMayClaim(trx: Trx, machine: Claimant): Promise<{ claims_from: number }> {
  const row = await trx
    .selectFrom("machines")
    .select(["state", "token_hash", "claims_from"])
    .where("launch_id", "=", machine.launchId)
    .executeTakeFirst();
  if (row?.token_hash !== machine.tokenHash || row.state === "gone") {
    throw new ApiError("responder_token_wrong");
  }
  if (row.state !== "ready") throw new ApiError("machine_leaving");
  return row;
}

/** Ids of waiting runs that the machine has the runtime for, the oldest first. */
async function fittingRuns(trx: Trx, machine: Claimant, now: number): Promise<string[]> {
  const names = [...new Set(machine.runtimes.map(({ name }) => name))];
  if (names.length === 0) return [];
  const waiting = await trx
    .selectFrom("runs")
    .select(["id", "runtime"])
    .where("pool", "=", machine.pool)
    .where("state", "in", WAITING_STATES)
    .where("available_at", "<=", now)
    .where(hasItsTurn)
    .where((where) =>
      where.or(
        names.flatMap((name) => [
          where("runtime", "=", name),
          where("runtime", "like", `${name}@%`),
        ]),
      ),
    )
    .orderBy("created_at")
    .limit(LOOKED_AT)
    .execute();
  return waiting
    .filter((row) => machine.runtimes.some((found) => servesRuntime(found, row.runtime)))
    .map((row) => row.id);
}

/** Resolves at the next change of `topic`, or when `over` aborts. */
function nextChange(feed: Feed, topic: string, over: AbortSignal) {
  const { promise: came, resolve } = Promise.withResolvers<void>();
  const unfollow = feed.follow([topic], () => resolve());
  const stop = () => resolve();
  over.addEventListener("abort", stop);
  return {
    came,
    forget() {
      unfollow();
      over.removeEventListener("abort", stop);
    },
  };
}

/** What a claim of this number was given before, each under a new lease. */
function givenBefore(
  trx: Trx,
  { launchId }: Claimant,
  number: number,
  leaseUntil: number,
): Promise<RunRow[]> {
  return trx
    .updateTable("runs")
    .set({ lease_until: leaseUntil })
    .where("state", "=", "running")
    .where("machine", "=", launchId)
    .where("claim", "=", number)
    .returningAll()
    .execute();
}
