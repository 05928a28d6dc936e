import type { Actor } from "../../protocol/actors.ts";
import type { CommandRequest } from "../../protocol/projects.ts";
import type { RunCreated } from "../../protocol/run.ts";
import { canonicalJson } from "../../blocks/canonical-json.ts";
import type { Trx } from "../database/database.ts";
import { sha256 } from "../database/ids.ts";
import { findRepeated, rememberRequest } from "../runs/idempotency.ts";
import type { RunRow } from "../runs/record.ts";
import { poolTopic, type Runs, type RunsDeps } from "../runs/runs.ts";
import { runUrls } from "../runs/view.ts";
import { poolOf } from "./pools.ts";
import { orderOf } from "./request.ts";
import { submitCommand, type CommandOrder } from "./submit.ts";

export type Commands = ReturnType<typeof createCommands>;
export type CommandsDeps = Pick<
  RunsDeps,
  "database" | "addresses" | "feed" | "now" | "onDemand" | "onChanged" | "checkQueue"
> & { runs: Pick<Runs, "apply"> };

/** A project's own runs, whatever requests them. */
export function createCommands(deps: CommandsDeps) {
  const { database, feed, now, onDemand, onChanged, checkQueue, runs } = deps;
  return {
    /**
     * Makes a run in the caller's transaction; `announce` it once that is committed. Ignores the queue
     * limits, because a push is reported only once.
     */
    submit: (trx: Trx, order: CommandOrder): Promise<RunRow> => submitCommand(trx, order, now()),

    /** The same for callers that can retry. Throws `project_queue_full` or `queue_full`. */
    async submitIfRoom(trx: Trx, order: CommandOrder): Promise<RunRow> {
      await checkQueue?.(trx, { project: order.project, pool: poolOf(order) });
      return this.submit(trx, order);
    },

    /** Announces a new run to machines and followers, without waiting. */
    announce(row: RunRow): void {
      feed.changed(poolTopic(row.pool));
      onChanged(row);
      onDemand();
    },

    /** Cancels what older pushes started in the lane of `row` and has not ended. */
    async cancelOlder({ lane, lane_number: number }: RunRow, by: Actor): Promise<void> {
      if (lane === null || number === null) return;
      const older = await database.queries
        .selectFrom("runs")
        .select("id")
        .where("lane", "=", lane)
        .where("lane_number", "<", number)
        .where("ended_at", "is", null)
        .where("trigger", "in", ["push", "pull_request"])
        .execute();
      for (const { id } of older)
        await runs.apply(id, { type: "canceled", by, reason: "newer_push" });
    },

    /** Makes the run of a person's request. Idempotent: a repeat with the same key gets the same run. */
    async create(
      project: string,
      request: CommandRequest,
      idempotencyKey: string | undefined,
      actor: Actor,
    ): Promise<RunCreated> {
      const keyed = idempotencyKey && {
        scope: sha256(canonicalJson(["command", project, idempotencyKey])),
        body: sha256(canonicalJson(request)),
      };
      const submitted = await database.write(async (trx) => {
        const repeated = keyed && (await findRepeated(trx, keyed, now()));
        if (repeated) return repeated;
        const run = await this.submitIfRoom(trx, { ...orderOf(project, request), actor });
        const made = { run, created: true };
        if (keyed) await rememberRequest(trx, keyed, made, now());
        return made;
      });
      const { run, created } = submitted;
      if (created) this.announce(run);
      return { id: run.id, state: run.state, ...runUrls(deps.addresses, run) };
    },
  };
}
