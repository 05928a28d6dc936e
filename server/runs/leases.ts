import type { InferOutput } from "valibot";
import { storageKeys } from "../../protocol/paths.ts";
import type { ReasonCode } from "../../protocol/errors.ts";
import type {
  Assignment,
  FinishRequest,
  ManifestAnswerSchema,
  ManifestEntry,
  OutputChunk,
  Work,
} from "../../protocol/responder.ts";
import { servesRuntime, type FoundRuntime } from "../../protocol/runtimes.ts";
import { isEnded, type Artifact } from "../../protocol/run.ts";
import type { Trx } from "../database/database.ts";
import { ProblemError } from "../problem.ts";
import { appendOutput, applyInput, type RunRow } from "./record.ts";
import { poolTopic, type Runs, type RunsDeps } from "./runs.ts";

/** How long an attempt may go without a sign of life. Renewed at a third of it. */
export const LEASE_S = 15;
/** An upload has to begin within this time of its announcement. */
const UPLOAD_EXPIRES_S = 300;

/** A machine that may claim: who calls, once its token was checked. */
export interface Claimant {
  launchId: string;
  pool: string;
  runtimes: FoundRuntime[];
}

export type Leases = ReturnType<typeof createLeases>;

/** The work that machines hold, each piece under a lease that fences late callers off. */
export function createLeases(deps: RunsDeps, runs: Runs) {
  const { database, storage, feed, addresses, now } = deps;

  /** Gives waiting runs to a machine: oldest first, only those whose runtime it has. */
  async function claim(machine: Claimant, slots: number): Promise<Assignment[]> {
    const rows = await database.write(async (trx) => {
      const waiting = await trx
        .selectFrom("runs")
        .selectAll()
        .where("pool", "=", machine.pool)
        .where("state", "in", ["queued", "waking", "retrying"])
        .where("available_at", "<=", now())
        .orderBy("created_at")
        .limit(200)
        .execute();
      const fitting = waiting
        .filter((row) => machine.runtimes.some((found) => servesRuntime(found, row.runtime)))
        .slice(0, slots);
      const claimed: RunRow[] = [];
      for (const row of fitting) {
        const lease = {
          machine: machine.launchId,
          lease_until: now() + LEASE_S * 1000,
          last_batch: 0,
        };
        const after = await applyInput(trx, row, { type: "claimed" }, now(), lease);
        if (after) claimed.push(after);
      }
      return claimed;
    });
    for (const row of rows) feed.changed(row.id);
    return rows.map((row) => ({
      run: row.id,
      attempt: row.attempt,
      lease_s: LEASE_S,
      work: JSON.parse(row.work) as Work,
    }));
  }

  /** The row of an attempt that `machine` holds. Throws `attempt_over` where it does not. */
  async function held(trx: Trx, machine: Claimant, run: string, attempt: number): Promise<RunRow> {
    const row = await runs.find(run, trx);
    if (row.state !== "running" || row.attempt !== attempt) {
      throw new ProblemError("attempt_over", `The run is ${row.state}, attempt ${row.attempt}.`);
    }
    if (row.machine !== machine.launchId) throw new ProblemError("attempt_not_held");
    return row;
  }

  async function loseAll(
    rows: RunRow[],
    reason: ReasonCode,
    stillLost: (row: RunRow) => boolean,
  ): Promise<void> {
    for (const { id } of rows) {
      const after = await database.write(async (trx) => {
        const row = await runs.find(id, trx);
        if (row.state !== "running" || !stillLost(row)) return undefined;
        return applyInput(trx, row, { type: "attempt_lost", reason }, now());
      });
      if (after) await settleLost(after);
    }
  }

  /** A run that is tried again is announced to its pool when its time has come. */
  async function settleLost(row: RunRow): Promise<void> {
    await runs.settle(row);
    if (row.state !== "retrying") return;
    const timer = setTimeout(
      () => {
        feed.changed(poolTopic(row.pool));
        deps.onDemand();
      },
      row.available_at - now() + 1,
    );
    timer.unref();
  }

  return {
    claim,

    /** Claims; where nothing waits, does so again when something does, for `waitMs` at most. */
    async claimWithin(
      machine: Claimant,
      slots: number,
      waitMs: number,
      signal: AbortSignal,
      mayClaim: () => Promise<boolean>,
    ): Promise<Assignment[]> {
      const over = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(waitMs))]);
      for (;;) {
        const news = nextChange(poolTopic(machine.pool), over);
        if (!(await mayClaim())) {
          news.forget();
          throw new ProblemError("machine_leaving");
        }
        if (signal.aborted) return (news.forget(), []);
        const assignments = await claim(machine, slots);
        if (assignments.length > 0 || over.aborted) return (news.forget(), assignments);
        await news.came;
        if (over.aborted) return [];
      }
    },

    /** Keeps leases; names the runs that are not the machine's any more. */
    async renew(
      machine: Claimant,
      held: readonly { run: string; attempt: number }[],
    ): Promise<{ lease_s: number; stop: string[] }> {
      const stop: string[] = [];
      for (const { run, attempt } of held) {
        const renewed = await database.queries
          .updateTable("runs")
          .set({ lease_until: now() + LEASE_S * 1000 })
          .where("id", "=", run)
          .where("state", "=", "running")
          .where("machine", "=", machine.launchId)
          .where("attempt", "=", attempt)
          .executeTakeFirst();
        if (renewed.numUpdatedRows === 0n) stop.push(run);
      }
      return { lease_s: LEASE_S, stop };
    },

    /** The program is about to begin. A repeat is harmless. */
    async started(machine: Claimant, run: string, attempt: number): Promise<void> {
      await database.write(async (trx) => {
        const row = await held(trx, machine, run, attempt);
        await applyInput(trx, row, { type: "started" }, now());
      });
    },

    /** Stores a batch of output once, whatever arrives how often. */
    async output(
      machine: Claimant,
      run: string,
      batch: { attempt: number; seq: number; chunks: OutputChunk[] },
    ): Promise<void> {
      const stored = await database.write(async (trx) => {
        const row = await held(trx, machine, run, batch.attempt);
        if (batch.seq <= row.last_batch) return false;
        if (batch.seq > row.last_batch + 1) {
          throw new ProblemError("body_invalid", `seq: ${row.last_batch + 1} comes next.`);
        }
        await appendOutput(trx, row, batch, now());
        return true;
      });
      if (stored) feed.changed(run);
    },

    /** One upload for each file the attempt wants to leave. */
    async announce(
      machine: Claimant,
      run: string,
      attempt: number,
      manifest: ManifestEntry[],
    ): Promise<InferOutput<typeof ManifestAnswerSchema>> {
      await database.write((trx) => held(trx, machine, run, attempt));
      const uploads = manifest.map((entry) =>
        storage.presignPut(artifactKey(run, attempt, entry.name), entry, UPLOAD_EXPIRES_S),
      );
      return { uploads: await Promise.all(uploads) };
    },

    /** Ends the attempt, once. A repeat by the same machine is answered like the first. */
    async finish(machine: Claimant, run: string, request: FinishRequest): Promise<void> {
      const artifacts = await storedArtifacts(run, request);
      const after = await database.write(async (trx) => {
        const current = await runs.find(run, trx);
        const repeated = endedByItself(current) && isBy(current, machine, request.attempt);
        if (repeated) return current;
        let row = await held(trx, machine, run, request.attempt);
        if (request.output && request.output.seq === row.last_batch + 1) {
          row = await appendOutput(trx, row, request.output, now());
        }
        const input = { type: "finished" as const, outcome: request.outcome, artifacts };
        return applyInput(trx, row, input, now());
      });
      if (after) await settleLost(after);
    },

    /** Takes back what was not renewed in time. */
    async lapse(): Promise<void> {
      const lapsed = await database.queries
        .selectFrom("runs")
        .selectAll()
        .where("state", "=", "running")
        .where("lease_until", "<", now())
        .execute();
      await loseAll(lapsed, "lease_lapsed", (row) => row.lease_until! < now());
    },

    /** Takes back everything a machine holds: it went away or began anew. */
    async machineLost(launchId: string, reason: ReasonCode): Promise<void> {
      const rows = await database.queries
        .selectFrom("runs")
        .selectAll()
        .where("state", "=", "running")
        .where("machine", "=", launchId)
        .execute();
      await loseAll(rows, reason, (row) => row.machine === launchId);
    },
  };

  /** The announced files, each as storage says it has it. Throws `upload_refused` where it differs. */
  async function storedArtifacts(run: string, request: FinishRequest): Promise<Artifact[]> {
    return Promise.all(
      request.artifacts.map(async ({ name, type, size, sha256 }) => {
        const key = artifactKey(run, request.attempt, name);
        const stored = await storage.stat(key);
        const agrees = stored?.size === size && stored.type === type && stored.sha256 === sha256;
        if (!agrees) throw new ProblemError("upload_refused", `${name} is not what was announced.`);
        return { name, type, size, sha256, url: `${addresses.resultsUrl}/${key}` };
      }),
    );
  }

  /** Resolves at the next change of `topic`, or when `over` aborts. */
  function nextChange(topic: string, over: AbortSignal) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const unfollow = feed.follow([topic], () => resolve());
    const forget = () => {
      unfollow();
      over.removeEventListener("abort", forget);
      resolve();
    };
    over.addEventListener("abort", forget);
    void promise.then(forget);
    return { came: promise, forget };
  }
}

function endedByItself(row: RunRow): boolean {
  return isEnded(row.state) && row.state !== "canceled";
}

function isBy(row: RunRow, machine: Claimant, attempt: number): boolean {
  return row.machine === machine.launchId && row.attempt === attempt;
}

/** Names come from a machine: whatever could leave the attempt's folder is refused. */
function artifactKey(run: string, attempt: number, name: string): string {
  const parts = name.split("/");
  const wrong = parts.some((part) => part === "" || part === "." || part === "..");
  if (wrong || /[\u0000-\u001f\u007f\\]/.test(name)) {
    throw new ProblemError("body_invalid", "artifacts: a name may not leave its folder.");
  }
  return storageKeys.artifact(run, attempt, name);
}
