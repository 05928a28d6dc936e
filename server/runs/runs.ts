import { storageKeys } from "../../protocol/paths.ts";
import type { RunCreated, RunView } from "../../protocol/run.ts";
import type { RunRequest } from "../../protocol/requests.ts";
import type { Receipt } from "../blocks/receipt.ts";
import type { VerifyOptions } from "../blocks/verify.ts";
import type { Database, Queries } from "../database/database.ts";
import { hmac, sameSecret } from "../ids.ts";
import { ProblemError } from "../problem.ts";
import type { Storage } from "../storage/storage.ts";
import type { Feed } from "./feed.ts";
import { applyInput, type RunRow } from "./record.ts";
import { buildResult } from "./result.ts";
import type { RunInput } from "./run.ts";
import { checkRequest, submit } from "./submit.ts";
import { runUrls, viewOf, type Addresses } from "./view.ts";

export interface RunsDeps {
  database: Database;
  storage: Storage;
  feed: Feed;
  addresses: Addresses;
  /** Master key: cancel tokens are made from it. */
  secret: string;
  findKey: VerifyOptions["findKey"];
  signReceipt: (receipt: Omit<Receipt, "iss">) => Promise<string>;
  now: () => number;
  /** Called when more or less work waits than before. */
  onDemand: () => void;
}

export type Runs = ReturnType<typeof createRuns>;

/** Requests for runs and what is kept of them: everything but the machines that execute them. */
export function createRuns(deps: RunsDeps) {
  const { database, storage, feed, addresses, now } = deps;

  async function find(id: string, queries: Queries = database.queries): Promise<RunRow> {
    const row = await queries
      .selectFrom("runs")
      .selectAll()
      .where("id", "=", id)
      .executeTakeFirst();
    if (!row) throw new ProblemError("run_not_found");
    return row;
  }

  /** Writes the result of a run that ended, tells its followers, and makes room for what waits. */
  async function settle(row: RunRow): Promise<void> {
    if (row.ended_at !== null && row.result_written === 0) {
      const result = await buildResult(database.queries, row, deps.signReceipt);
      const body = Buffer.from(JSON.stringify(result, null, 2));
      await storage.put(storageKeys.result(row.id), body, "application/json");
      await database.queries
        .updateTable("runs")
        .set({ result_written: 1 })
        .where("id", "=", row.id)
        .execute();
    }
    feed.changed(row.id);
    deps.onDemand();
  }

  return {
    find,
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
      return viewOf(database.queries, addresses, await find(id));
    },

    /** Checks a request and finds or makes its run. Throws `BlockError` or `ProblemError`. */
    async create(
      request: RunRequest,
      from: { origin: string | null; idempotencyKey: string | undefined },
    ): Promise<{ answer: RunCreated; finished: boolean }> {
      const checked = await checkRequest(request, {
        findKey: deps.findKey,
        audience: addresses.url,
        origin: from.origin,
        now: now(),
      });
      const { run, caller, created } = await database.write((trx) =>
        submit(trx, checked, from.idempotencyKey, now()),
      );
      if (created) {
        feed.changed(poolTopic(run.pool));
        deps.onDemand();
      }
      const answer: RunCreated = { id: run.id, state: run.state, ...runUrls(addresses, run.id) };
      if (caller !== undefined) answer.cancel_token = cancelToken(run.id, caller);
      return { answer, finished: caller === undefined };
    },

    /** The caller of `token` leaves; the run is canceled when it was the last one. */
    async leave(id: string, token: string): Promise<RunView> {
      const row = await find(id);
      const caller = Number(token.split(".")[0]);
      if (!Number.isSafeInteger(caller) || !sameSecret(token, cancelToken(id, caller))) {
        throw new ProblemError("cancel_token_wrong");
      }
      const canceled = await database.write(async (trx) => {
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
        if (left) return undefined;
        return applyInput(trx, await find(id, trx), { type: "canceled" }, now());
      });
      if (canceled) await settle(canceled);
      return viewOf(database.queries, addresses, canceled ?? row);
    },

    /** Where the result is read. Throws `run_not_finished` before there is one. */
    async resultUrl(id: string): Promise<string> {
      const row = await find(id);
      if (row.ended_at === null) {
        throw new ProblemError("run_not_finished", `It is ${row.state}.`, { "retry-after": "1" });
      }
      if (row.result_written === 0) await settle(row);
      return runUrls(addresses, id).result_url;
    },

    /** Writes results that a crash kept from being written. */
    async settleUnwritten(): Promise<void> {
      const rows = await database.queries
        .selectFrom("runs")
        .selectAll()
        .where("ended_at", "is not", null)
        .where("result_written", "=", 0)
        .limit(100)
        .execute();
      for (const row of rows) await settle(row);
    },
  };

  function cancelToken(run: string, caller: number): string {
    return `${caller}.${hmac(deps.secret, "cancel", run, String(caller))}`;
  }
}

/** The feed's topic for work that waits in a pool. */
export function poolTopic(pool: string): string {
  return `pool:${pool}`;
}
