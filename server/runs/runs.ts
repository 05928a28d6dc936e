import type { Logger } from "pino";
import type { Actor } from "../../protocol/actors.ts";
import type { RunRequest } from "../../protocol/requests.ts";
import type { RunCreated, RunView } from "../../protocol/run.ts";
import type { Receipt } from "../../blocks/receipt.ts";
import type { Database, Queries, Trx } from "../database/database.ts";
import { prepared } from "../database/prepared.ts";
import type { Storage } from "../storage/storage.ts";
import { createCallers } from "./callers.ts";
import type { Feed } from "./feed.ts";
import { findOpenRuns, findRun, findRuns, missingRun } from "./lookup.ts";
import { applyInput, WAITING_STATES, type RunRow } from "./record.ts";
import { createLastResults } from "./last-results.ts";
import { createResultLinks } from "./result-links.ts";
import { checkRequest, type RunRegistry } from "./check-request.ts";
import { createResults } from "./results.ts";
import type { RunInput } from "./run.ts";
import { storedResult } from "./shared-runs.ts";
import { findStoredResults } from "./stored-results.ts";
import { share, submit, type Admit, type CheckQueue } from "./submit.ts";
import { poolTopic, renewalTopic, silenceTopic } from "./topics.ts";
import { runUrls, viewOf, type Addresses } from "./view.ts";

export interface RunsDeps {
  /** A monotonic clock in milliseconds. */
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
  /** Called when waiting work may need another machine. */
  onDemand: () => void;
  /** Called after each change of a run's state, once it is on record. */
  onChanged: (row: RunRow) => void;
  /** Absent: every run is admitted. */
  admit?: Admit;
  /** The same for a project's own runs. */
  checkQueue?: CheckQueue;
  /** Called with each attempt that was lost with its machine. */
  onAttemptLost?: (why: string) => void;
  /** Called with each request that is answered by another request's run. */
  onShared?: (how: "in_flight" | "stored") => void;
}

export type Runs = ReturnType<typeof createRuns>;
/** Requests for runs and their records: everything except the machines that execute them. */
export function createRuns(deps: RunsDeps) {
  const { database, storage, feed, addresses, now } = deps;
  const results = createResults(deps);

  const callers = createCallers(deps);
  const links = createResultLinks({ queries: database.queries, storage, addresses, results });
  const lastResults = createLastResults({ queries: database.queries, storage, now });
  const find = (id: string, queries: Queries = database.queries) => findRun(queries, id);

  /**
   * Applies the consequences of a change of state: stores the result, wakes followers, and announces
   * waiting work.
   */
  async function settle(row: RunRow): Promise<void> {
    // The next run of its lane may start now.
    if (row.ended_at !== null && row.lane !== null) feed.changed(poolTopic(row.pool));
    feed.changed(row.id);
    // Followers see the end only once the result can be read, and output that came with it at once.
    if (row.ended_at !== null && row.result_written === 0) {
      await results.ensure(row);
      feed.changed(row.id);
    }
    deps.onChanged(row);
    if (row.state === "retrying") announceWhenDue(row);
    // An end demands no machine, unless the next run of its lane waits for one.
    if (row.ended_at === null || row.lane !== null) deps.onDemand();
  }

  /** Has the machine that executes a run hear of its end before its next renewal, if it waits for more runs. */
  function tellHolder({ machine }: RunRow): void {
    if (machine !== null) feed.changed(renewalTopic(machine));
  }

  /**
   * Announces a new run. A machine that asks for work of the pool has it at once, mostly; if not, the next tick plans.
   */
  function announceNew(pool: string | undefined): void {
    if (pool === undefined) return;
    const isAskedFor = feed.isFollowed(poolTopic(pool));
    feed.changed(poolTopic(pool));
    if (!isAskedFor) deps.onDemand();
  }

  /** Announces a retried run to its pool when its backoff is over. */
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
    storeResult: results.storeWithin,
    lastResults,
    resultUrl: links.resultUrl,
    whyResultMissing: links.whyMissing,
    artifactUrl: links.artifactUrl,
    openDocument: links.openDocument,

    /** Applies `input` to a run, by the lifecycle; undefined where it changes nothing. */
    async apply(id: string, input: RunInput): Promise<RunRow | undefined> {
      const changed = await database.write(async (trx) => {
        const before = await find(id, trx);
        return { before, after: await applyInput(trx, before, input, now()) };
      });
      const { before, after } = changed;
      if (!after) return undefined;
      if (input.type === "canceled") tellHolder(before);
      await settle(after);
      return after;
    },

    async view(id: string): Promise<RunView> {
      const row = await find(id);
      if (row.ended_at !== null) await results.ensure(row);
      return viewOf(database.queries, addresses, row);
    },

    /** Resolves when the result of a run that ended can be read, or could not be stored for now. */
    async resultStored(id: string): Promise<void> {
      if (await isResultWritten(database.queries, id)) await database.flushed();
      else await results.ensure(await find(id));
    },

    /** Checks a request and finds or makes its run. Throws `ApiError`. */
    async create(
      request: RunRequest,
      from: {
        origin: string | null;
        idempotencyKey: string | undefined;
        /** The header that marks the request as automatic, if there is one. */
        crawlerHeader?: string | undefined;
      },
    ): Promise<{ answer: RunCreated; finished: boolean }> {
      const checked = await checkRequest(request, {
        registry: deps.registry,
        audience: addresses.url,
        origin: from.origin,
        now: now(),
      });
      let madeIn: string | undefined;
      const work = async (trx: Trx) => {
        if (from.crawlerHeader !== undefined) {
          return share(trx, checked, from.crawlerHeader, now());
        }
        const submitted = await submit(trx, checked, from.idempotencyKey, now(), deps.admit);
        const { blocks } = deps.registry;
        const count = () =>
          blocks.countRequest(trx, checked.blockDigest, { isNew: submitted.created });
        // A repeated request was counted before, and a crawler does not wait.
        if (submitted.caller !== undefined && (submitted.created || submitted.shared)) {
          const isKept = await count();
          if (!isKept && submitted.created && checked.block) {
            await blocks.keep(trx, checked.block);
            await count();
          }
        }
        if (submitted.created) madeIn = submitted.run.pool;
        return submitted;
      };
      // A machine may have the run before the disk has it: the caller repeats a request that got no answer.
      const { run, caller, shared, stored } = await database.write(work, () => announceNew(madeIn));
      if (shared) deps.onShared?.(shared);
      if (run.ended_at !== null) await results.ensure(run);
      const answer: RunCreated = { id: run.id, state: run.state, ...runUrls(addresses, run) };
      // A result that storage has not accepted yet can't be shown.
      if (stored && (await results.ensure(stored))) {
        answer.stored = storedResult(addresses, stored, now());
      }
      if (caller !== undefined) answer.cancel_token = callers.cancelToken(run.id, caller);
      return { answer, finished: caller === undefined && run.ended_at !== null };
    },

    /** The newest stored result of each block, without a run; null where there is none to show. */
    async storedResults(tokens: readonly string[], origin: string | null) {
      const { registry } = deps;
      const options = { registry, audience: addresses.url, origin, now: now() };
      return findStoredResults(database.queries, addresses, tokens, options);
    },

    /** Removes the caller of `token`; the run is canceled once it has no callers. */
    async removeCaller(id: string, token: string): Promise<RunView> {
      const canceled = await callers.remove(id, token);
      if (canceled) {
        tellHolder(canceled.before);
        await settle(canceled.after);
      }
      return this.view(id);
    },

    /** Cancels the run for all callers. */
    async cancel(id: string, by: Actor): Promise<RunView> {
      await this.apply(id, { type: "canceled", by });
      return this.view(id);
    },

    repairResults: results.repair,

    /** Tells the machines of a pool that runs wait. */
    announce: (pool: string) => feed.changed(poolTopic(pool)),

    /** Ends a machine's wait for runs, so that it asks again. */
    endPoll: (launchId: string) => feed.changed(silenceTopic(launchId)),

    startAtOnce: () => clearDelays(database.queries, now()),
  };
}

const resultWritten = prepared((queries, { id }: { id: string }) =>
  queries.selectFrom("runs").select("result_written").where("id", "=", id),
);

async function isResultWritten(queries: Queries, id: string): Promise<boolean> {
  const [row] = await resultWritten(queries, { id });
  return row?.result_written === 1;
}

/**
 * Makes every delayed run claimable now: after the clock was set back, its moment may be hours away. This
 * includes runs that just wait for a machine.
 */
async function clearDelays(queries: Queries, now: number): Promise<void> {
  await queries
    .updateTable("runs")
    .set({ available_at: now })
    .where("state", "in", WAITING_STATES)
    .where("available_at", ">", now)
    .execute();
}
