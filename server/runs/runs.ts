import type { Logger } from "pino";
import type { RunRequest } from "../../protocol/requests.ts";
import type { RunCreated, RunView } from "../../protocol/run.ts";
import type { Receipt } from "../../blocks/receipt.ts";
import type { Database, Queries } from "../database/database.ts";
import type { Storage } from "../storage/storage.ts";
import { createCallers } from "./callers.ts";
import type { Feed } from "./feed.ts";
import { findOpenRuns, findRun, findRuns, missingRun } from "./lookup.ts";
import { applyInput, WAITING_STATES, type RunRow } from "./record.ts";
import { createResultLinks } from "./result-links.ts";
import { createResults } from "./results.ts";
import type { RunInput } from "./run.ts";
import { storedResult } from "./shared-runs.ts";
import { checkRequest, share, submit, type Admit, type Room, type RunRegistry } from "./submit.ts";
import { runUrls, viewOf, type Addresses } from "./view.ts";

export interface RunsDeps {
  /** A clock that never jumps, in milliseconds. */
  steady?: () => number;
  database: Database;
  storage: Storage;
  feed: Feed;
  addresses: Addresses;
  /** Master key: cancel tokens are made from it. */
  secret: string;
  registry: RunRegistry;
  signReceipt: (receipt: Omit<Receipt, "iss">) => Promise<string>;
  now: () => number;
  log: Logger;
  /** Called when more or less work waits than before. */
  onDemand: () => void;
  /** Called after each change of a run's state, once it is on record. */
  onChanged: (row: RunRow) => void;
  /** Absent: every run may be made. */
  admit?: Admit;
  /** The same of a project's own runs. */
  room?: Room;
  /** Called with each attempt that a machine did not bring to an end. */
  onAttemptLost?: (why: string) => void;
  /** Called with each request that another one's run answers. */
  onShared?: (how: "in_flight" | "stored") => void;
}

export type Runs = ReturnType<typeof createRuns>;
/** Requests for runs and what is kept of them: everything but the machines that execute them. */
export function createRuns(deps: RunsDeps) {
  const { database, storage, feed, addresses, now } = deps;
  const results = createResults(deps);

  const callers = createCallers(deps);
  const links = createResultLinks({ queries: database.queries, storage, addresses, results });
  const find = (id: string, queries: Queries = database.queries) => findRun(queries, id);

  /** What follows from a change of state: result, followers, and room for what waits. */
  async function settle(row: RunRow): Promise<void> {
    // Whoever was behind it in its lane has its turn now.
    if (row.ended_at !== null && row.lane !== null) feed.changed(poolTopic(row.pool));
    // Followers hear of an end when its result can be read.
    if (row.ended_at !== null) await results.ensure(row);
    feed.changed(row.id);
    deps.onChanged(row);
    if (row.state === "retrying") announceWhenDue(row);
    deps.onDemand();
  }

  /** A run that is tried again is announced to its pool when its time has come. */
  function announceWhenDue(row: RunRow): void {
    const announce = () => {
      feed.changed(poolTopic(row.pool));
      deps.onDemand();
    };
    setTimeout(announce, Math.max(0, row.available_at - now()) + 1).unref();
  }

  return {
    find,
    findMany: (ids: readonly string[]) => findRuns(database.queries, ids),
    openOf: (project: string) => findOpenRuns(database.queries, project),
    missing: (id: string) => missingRun(database.queries, id),
    settle,
    resultUrl: links.resultUrl,
    artifactUrl: links.artifactUrl,

    /** Applies `input` to a run, by the lifecycle; undefined where it changes nothing. */
    async apply(id: string, input: RunInput): Promise<RunRow | undefined> {
      const after = await database.write(async (trx) => {
        return applyInput(trx, await find(id, trx), input, now());
      });
      if (after) await settle(after);
      return after;
    },

    async view(id: string): Promise<RunView> {
      const row = await find(id);
      if (row.ended_at !== null) await results.ensure(row);
      return viewOf(database.queries, addresses, row);
    },

    /** Resolves when the result of a run that ended can be read, or could not be stored for now. */
    async resultStored(id: string): Promise<void> {
      const { result_written: written } = await database.queries
        .selectFrom("runs")
        .select("result_written")
        .where("id", "=", id)
        .executeTakeFirstOrThrow();
      if (written === 0) await results.ensure(await find(id));
    },

    /** Checks a request and finds or makes its run. Throws `ApiError`. */
    async create(
      request: RunRequest,
      from: {
        origin: string | null;
        idempotencyKey: string | undefined;
        /** Which header says that nobody asked for it, where one does. */
        unasked?: string | undefined;
      },
    ): Promise<{ answer: RunCreated; finished: boolean }> {
      const checked = await checkRequest(request, {
        registry: deps.registry,
        audience: addresses.url,
        origin: from.origin,
        now: now(),
      });
      const { run, caller, created, shared, stored } = await database.write((trx) =>
        from.unasked === undefined
          ? submit(trx, checked, from.idempotencyKey, now(), deps.admit)
          : share(trx, checked, from.unasked, now()),
      );
      if (created) {
        feed.changed(poolTopic(run.pool));
        deps.onDemand();
      }
      if (shared) deps.onShared?.(shared);
      if (run.ended_at !== null) await results.ensure(run);
      const answer: RunCreated = { id: run.id, state: run.state, ...runUrls(addresses, run) };
      // What storage would not take yet can't be shown from there.
      if (stored && (await results.ensure(stored))) {
        answer.stored = storedResult(addresses, stored, now());
      }
      if (caller !== undefined) answer.cancel_token = callers.cancelToken(run.id, caller);
      return { answer, finished: caller === undefined && run.ended_at !== null };
    },

    /** Removes the caller of `token`; without any left, the run is canceled. */
    async removeCaller(id: string, token: string): Promise<RunView> {
      const canceled = await callers.remove(id, token);
      if (canceled) await settle(canceled);
      return this.view(id);
    },

    /** Cancels it for all callers. */
    async cancel(id: string): Promise<RunView> {
      await this.apply(id, { type: "canceled" });
      return this.view(id);
    },

    repairResults: results.repair,

    /** Tells the machines of a pool that runs wait. */
    announce: (pool: string) => feed.changed(poolTopic(pool)),

    /**
     * Lets every run that waits for a moment to come start now: of a clock that was set back meanwhile it may be
     * hours away, for those too that just wait for a machine.
     */
    async startAtOnce(): Promise<void> {
      await database.queries
        .updateTable("runs")
        .set({ available_at: now() })
        .where("state", "in", WAITING_STATES)
        .where("available_at", ">", now())
        .execute();
    },
  };
}

/** The feed's topic for a machine of which nothing was heard for too long. */
export function silenceTopic(launchId: string): string {
  return `silence:${launchId}`;
}

/** The feed's topic for work that waits in a pool. */
export function poolTopic(pool: string): string {
  return `pool:${pool}`;
}
