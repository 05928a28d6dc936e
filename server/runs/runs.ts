import { fromJson } from "../database/json.ts";
import type { Logger } from "pino";
import type { RunRequest } from "../../protocol/requests.ts";
import { storageKeys } from "../../protocol/paths.ts";
import type { RunCreated, RunView } from "../../protocol/run.ts";
import type { Receipt } from "../../blocks/receipt.ts";
import type { Database, Queries } from "../database/database.ts";
import { hmac, sameSecret } from "../database/ids.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { Storage } from "../storage/storage.ts";
import type { Feed } from "./feed.ts";
import { applyInput, WAITING_STATES, type RunRow } from "./record.ts";
import { createResults, resultKey } from "./results.ts";
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
/** What is to be known of a run before anything is told of it. */
export type FoundRun = Pick<RunRow, "id" | "kind" | "project" | "last_event" | "ended_at">;

/** How long the address of a private file is good for. */
const PRIVATE_READ_S = 300;

/** Requests for runs and what is kept of them: everything but the machines that execute them. */
export function createRuns(deps: RunsDeps) {
  const { database, storage, feed, addresses, now } = deps;
  const results = createResults(deps);

  async function find(id: string, queries: Queries = database.queries): Promise<RunRow> {
    const row = await queries
      .selectFrom("runs")
      .selectAll()
      .where("id", "=", id)
      .executeTakeFirst();
    if (!row) throw await missing(id, queries);
    return row;
  }

  /** Why there is no run of this id. */
  async function missing(id: string, queries: Queries = database.queries): Promise<ApiError> {
    const expired = await queries
      .selectFrom("expired_runs")
      .select("id")
      .where("id", "=", id)
      .executeTakeFirst();
    return new ApiError(expired ? "run_expired" : "run_not_found");
  }

  /** Those of `ids` that there are. */
  async function findMany(ids: readonly string[]): Promise<FoundRun[]> {
    return database.queries
      .selectFrom("runs")
      .select(["id", "kind", "project", "last_event", "ended_at"])
      .where("id", "in", ids)
      .execute();
  }

  /** Ids of a project's runs that have not ended. */
  async function openOf(project: string): Promise<string[]> {
    const rows = await database.queries
      .selectFrom("runs")
      .select("id")
      .where("project", "=", project)
      .where("ended_at", "is", null)
      .execute();
    return rows.map(({ id }) => id);
  }

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
    findMany,
    openOf,
    missing,
    settle,

    /** Lets `input` happen to a run, whoever holds it; undefined where it meant nothing. */
    async happen(id: string, input: RunInput): Promise<RunRow | undefined> {
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

    /** Checks a request and finds or makes its run. Throws `ApiError` or `ApiError`. */
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
      if (caller !== undefined) answer.cancel_token = cancelToken(run.id, caller);
      return { answer, finished: caller === undefined && run.ended_at !== null };
    },

    /** The caller of `token` leaves; the run is canceled when it was the last one. */
    async leave(id: string, token: string): Promise<RunView> {
      await find(id);
      const caller = Number(token.split(".")[0]);
      if (!Number.isSafeInteger(caller) || !sameSecret(token, cancelToken(id, caller))) {
        throw new ApiError("cancel_token_wrong");
      }
      const canceled = await database.write(async (trx) => {
        const row = await find(id, trx);
        await trx
          .updateTable("callers")
          .set({ left_at: now() })
          .where("run", "=", id)
          .where("caller", "=", caller)
          .where("left_at", "is", null)
          .execute();
        const left = await trx
          .selectFrom("callers")
          .select("caller")
          .where("run", "=", id)
          .where("left_at", "is", null)
          .executeTakeFirst();
        return left ? undefined : applyInput(trx, row, { type: "canceled" }, now());
      });
      if (canceled) await settle(canceled);
      return this.view(id);
    },

    /** Whoever may act for the run's project cancels it, whoever else waits for it. */
    async cancel(id: string): Promise<RunView> {
      await this.happen(id, { type: "canceled" });
      return this.view(id);
    },

    /** Where the result is read now. Throws `run_not_finished` before there is one. */
    async resultUrl(id: string): Promise<string> {
      const row = await find(id);
      if (row.ended_at === null) {
        throw new ApiError("run_not_finished", `It is ${row.state}.`, { retryAfterS: 1 });
      }
      if (!(await results.ensure(row))) {
        const why = "It has ended; its result is still to be stored.";
        throw new ApiError("run_not_finished", why, { retryAfterS: 5 });
      }
      if (row.kind === "block") return runUrls(addresses, row).result_url;
      return storage.presignGet(resultKey(row), PRIVATE_READ_S, "person");
    },

    /** Where a command run's artifact is read now. Throws `file_not_found`. */
    async artifactUrl(id: string, attempt: number, name: string): Promise<string> {
      const row = await find(id);
      const ending = fromJson(row.ending);
      const left = ending?.attempt === attempt && ending.artifacts.some((one) => one.name === name);
      if (row.kind === "block" || !left) throw new ApiError("file_not_found");
      const key = storageKeys.privateArtifact(id, attempt, name);
      return storage.presignGet(key, PRIVATE_READ_S, "person");
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

  function cancelToken(run: string, caller: number): string {
    return `${caller}.${hmac(deps.secret, "cancel", run, String(caller))}`;
  }
}

/** The feed's topic for a machine of which nothing was heard for too long. */
export function silenceTopic(launchId: string): string {
  return `silence:${launchId}`;
}

/** The feed's topic for work that waits in a pool. */
export function poolTopic(pool: string): string {
  return `pool:${pool}`;
}
