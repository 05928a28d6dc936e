import type { Actor } from "../../protocol/actors.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { CommandRequest } from "../../protocol/projects.ts";
import type { RunCreated } from "../../protocol/run.ts";
import { canonicalJson } from "../../blocks/canonical-json.ts";
import type { Trx } from "../database/database.ts";
import { findProjectRow } from "../database/find-project.ts";
import { sha256 } from "../database/ids.ts";
import { findRepeated, rememberRequest } from "../runs/idempotency.ts";
import type { RunRow } from "../runs/record.ts";
import type { Runs, RunsDeps } from "../runs/runs.ts";
import { poolTopic } from "../runs/topics.ts";
import { runUrls } from "../runs/view.ts";
import { findOrderAgain } from "./again.ts";
import { poolOf } from "./pools.ts";
import { orderOf } from "./request.ts";
import { findScheduleOrder } from "./schedule-order.ts";
import { submitCommand, type CommandOrder } from "./submit.ts";

export type Commands = ReturnType<typeof createCommands>;
export type CommandsDeps = Pick<
  RunsDeps,
  "database" | "addresses" | "feed" | "now" | "onDemand" | "onChanged" | "checkQueue"
> & { runs: Pick<Runs, "apply"> };

/** A project's own runs, whatever requests them. */
export function createCommands(deps: CommandsDeps) {
  const { database, feed, now, onDemand, onChanged, checkQueue, runs } = deps;

  const submit = (trx: Trx, order: CommandOrder): Promise<RunRow> =>
    submitCommand(trx, order, now());

  async function submitIfRoom(trx: Trx, order: CommandOrder): Promise<RunRow> {
    await checkQueue?.(trx, { project: order.project, pool: poolOf(order) });
    return submit(trx, order);
  }

  function announce(row: RunRow): void {
    feed.changed(poolTopic(row.pool));
    onChanged(row);
    onDemand();
  }

  /** Makes a run, unless the same request under its key made one before. */
  async function createOnce(
    keyed: ReturnType<typeof keyedBy>,
    actor: Actor,
    order: (trx: Trx) => Promise<CommandOrder>,
  ): Promise<RunCreated> {
    const { run, created } = await database.write(async (trx) => {
      const repeated = keyed && (await findRepeated(trx, keyed, now()));
      if (repeated) return repeated;
      const made = {
        run: await submitIfRoom(trx, { ...(await order(trx)), actor }),
        created: true,
      };
      if (keyed) await rememberRequest(trx, keyed, made, now());
      return made;
    });
    if (created) announce(run);
    return { id: run.id, state: run.state, ...runUrls(deps.addresses, run) };
  }

  return {
    /**
     * Makes a run in the caller's transaction; `announce` it once that is committed. Ignores the queue
     * limits, because a push is reported only once.
     */
    submit,

    /** The same for callers that can retry. Throws `project_queue_full` or `queue_full`. */
    submitIfRoom,

    /** Announces a new run to machines and followers, without waiting. */
    announce,

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

    /**
     * Makes the run of a person's request. Idempotent: a repeat with the same key gets the same run. Throws
     * `project_without_repository`.
     */
    create(
      project: string,
      request: CommandRequest,
      idempotencyKey: string | undefined,
      actor: Actor,
    ): Promise<RunCreated> {
      const keyed = keyedBy(project, request, idempotencyKey);
      return createOnce(keyed, actor, async (trx) => {
        const row = await findProjectRow(trx, project);
        if (!row) throw new ApiError("project_not_found");
        if (row.repository === null) throw new ApiError("project_without_repository");
        return orderOf(project, request);
      });
    },

    /**
     * Runs a command run again, at the same commits; `failed`: only the passes of its matrix that did not go well.
     * Idempotent like `create`. Throws `run_not_found` or `nothing_to_take_over`.
     */
    again(
      project: string,
      { id, failed = false }: { id: string; failed?: boolean },
      idempotencyKey: string | undefined,
      actor: Actor,
    ): Promise<RunCreated> {
      const keyed = keyedBy(project, { again: id, ...(failed && { failed }) }, idempotencyKey);
      return createOnce(keyed, actor, (trx) => findOrderAgain(trx, project, id, failed));
    },

    /**
     * Runs a schedule now; its next time stays. Idempotent like `create`. Throws `not_found` or
     * `project_without_repository`.
     */
    runSchedule(
      project: string,
      position: number,
      idempotencyKey: string | undefined,
      actor: Actor,
    ): Promise<RunCreated> {
      const keyed = keyedBy(project, { schedule: position }, idempotencyKey);
      return createOnce(keyed, actor, (trx) => findScheduleOrder(trx, project, position));
    },
  };
}

function keyedBy(project: string, request: object, idempotencyKey: string | undefined) {
  if (idempotencyKey === undefined) return undefined;
  return {
    scope: sha256(canonicalJson(["command", project, idempotencyKey])),
    body: sha256(canonicalJson(request)),
  };
}
