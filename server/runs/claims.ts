import type { Assignment, ClaimAnswer, Holding, Work } from "../../protocol/responder.ts";
import type { Trx } from "../database/database.ts";
import { prepared } from "../database/prepared.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { ClaimLedger } from "./claim-ledger.ts";
import { claimLines, type LinesRequest } from "./claim-lines.ts";
import type { Claimant } from "./claimant.ts";
import { createFittingRuns } from "./fitting-runs.ts";
import { LEASE_S } from "./leases.ts";
import { applyInput, type RunRow } from "./record.ts";
import type { Runs, RunsDeps } from "./runs.ts";

export type Claims = ReturnType<typeof createClaims>;

/** Least memory of a command on the smallest machine: a database and its client hardly start with less. */
const LEAST_MEMORY_MB = 256;

/** Stored work that can't be executed any more, for a cause of the project's own. */
export interface RefusedWork {
  kind: "refused";
  /** A sentence for the run's reader. */
  detail: string;
}

export interface ClaimsDeps extends Pick<
  RunsDeps,
  "database" | "feed" | "now" | "log" | "onChanged"
> {
  /** The stored work as the machine gets it, with the project's current secrets. */
  completeWork: (row: RunRow) => Promise<Work | RefusedWork>;
  ledger: ClaimLedger;
}

/** Assigns waiting runs to machines. */
export function createClaims(deps: ClaimsDeps, runs: Runs) {
  const { database, feed, now, log, onChanged, completeWork, ledger } = deps;
  const fittingRuns = createFittingRuns();
  const fromNow = () => now() + LEASE_S * 1000;

  /**
   * Gives waiting runs to a machine, in fair shares of projects, only those whose runtime it has. Throws
   * `responder_token_wrong` or `machine_leaving` where it may not claim any more. A claim that the machine
   * has given up gets no runs. Idempotent: a duplicated claim returns the same runs. `more`: some of the
   * assigned runs had ended meanwhile.
   */
  async function claim(
    machine: Claimant,
    slots: number,
    holding?: Holding,
    more = false,
  ): Promise<Assignment[]> {
    const number = holding?.number;
    let again = false;
    // Unsynced: a power cut that undoes a claim leaves a run that waits, and fences off the machine's calls.
    const rows = await database.writeUnsynced(async (trx) => {
      const { claims_from: from, pool } = await checkMayClaim(trx, machine);
      if (number !== undefined && !more) {
        const seen = ledger.look(machine.tokenHash, number);
        if (number < from || seen === "over") return [];
        const given =
          seen === "new" ? [] : await givenBefore(trx, machine, { number, until: fromNow() });
        again = given.length > 0;
        if (again) return given;
      }
      const claimed = [];
      for (const id of await fittingRuns.choose(trx, { ...machine, pool }, slots, now())) {
        const columns = {
          machine: machine.launchId,
          claim: number ?? null,
          lease_until: fromNow(),
          last_batch: 0,
          output_size: 0,
          announced: null,
        };
        const row = await runs.find(id, trx);
        const after = await applyInput(trx, row, { type: "claimed" }, now(), { columns });
        if (after) claimed.push(after);
      }
      if (number !== undefined) ledger.assigned(machine.tokenHash, number, claimed);
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

  /** Undefined where the run ended instead, because its work can't be executed. */
  async function assignmentOf(row: RunRow, machine: Claimant): Promise<Assignment | undefined> {
    const work = await completeWork(row).catch((error: unknown): RefusedWork => {
      log.error({ err: error, run: row.id }, "a run's work could not be prepared");
      return { kind: "refused", detail: "The server's operator has to look at its log." };
    });
    if (work.kind !== "refused") {
      const { id: run, attempt, kind, repeatable } = row;
      // A command acts on the world, and a program that was signed so must not be executed twice.
      const confirm = kind === "command" || repeatable === 0;
      const lease = { lease_s: LEASE_S, ...(confirm && { confirm_start: true as const }) };
      return { run, attempt, ...lease, work: fitted(work, machine) };
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

    /** Claims, and claims again at changes: see `claimLines`. */
    lines: (
      machine: Claimant,
      request: LinesRequest,
      signal: AbortSignal,
    ): AsyncGenerator<ClaimAnswer> =>
      claimLines({ feed, ledger, log, claim }, machine, request, signal),
  };
}

/**
 * Limits commands to half of a small machine's memory: a command that takes all of it kills the responder
 * and every run that the machine holds.
 */
function fitted(work: Work, { memoryMb }: Claimant): Work {
  if (work.kind === "block") return work;
  const most = Math.max(LEAST_MEMORY_MB, Math.floor(memoryMb / 2));
  return { ...work, limits: { ...work.limits, memory_mb: Math.min(work.limits.memory_mb, most) } };
}

const machineOf = prepared((queries, { id }: { id: string }) =>
  queries
    .selectFrom("machines")
    .select(["state", "token_hash", "claims_from", "pool"])
    .where("launch_id", "=", id),
);

/**
 * Checked in the claim's own transaction: a machine that was just told to leave would lose the runs at
 * once, and a poll opened before the machine registered anew has no reader.
 */
async function checkMayClaim(
  trx: Trx,
  machine: Claimant,
): Promise<{ claims_from: number; pool: string }> {
  const [row] = await machineOf(trx, { id: machine.launchId });
  if (row?.token_hash !== machine.tokenHash || row.state === "gone") {
    throw new ApiError("responder_token_wrong");
  }
  if (row.state !== "ready") throw new ApiError("machine_leaving");
  return row;
}

/** The runs that the claim of this number got before, each under a new lease. */
function givenBefore(
  trx: Trx,
  { launchId }: Claimant,
  { number, until }: { number: number; until: number },
): Promise<RunRow[]> {
  return trx
    .updateTable("runs")
    .set({ lease_until: until })
    .where("state", "=", "running")
    .where("machine", "=", launchId)
    .where("claim", "=", number)
    .returningAll()
    .execute();
}
