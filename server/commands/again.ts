import type { Revision, StoredCommand } from "../../protocol/command.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { MAX_NAMED_COMMITS } from "../../protocol/sizes.ts";
import type { Trx } from "../database/database.ts";
import { fromJson } from "../database/json.ts";
import type { RunRow } from "../runs/record.ts";
import { stepEvents } from "../runs/command-facts.ts";
import { createSteps } from "../runs/log-steps.ts";
import type { CommandOrder } from "./submit.ts";
import { passesTakenOver } from "./taken-over.ts";

/** The columns of a run that its repetition needs. */
type Repeated = Pick<RunRow, "project" | "work" | "title" | "ref" | "lane" | "repeatable">;

/**
 * The order that runs a command run again, at its own commits. `failed`: only the passes of its matrix that did not go
 * well. Throws `run_not_found` or `nothing_to_take_over`.
 */
export async function findOrderAgain(
  trx: Trx,
  slug: string,
  id: string,
  failed = false,
): Promise<CommandOrder> {
  const row = await trx
    .selectFrom("runs")
    .select(["id", "project", "work", "title", "ref", "lane", "repeatable", "attempt", "ending"])
    .where("id", "=", id)
    .where("project", "=", slug)
    .where("kind", "=", "command")
    .executeTakeFirst();
  if (!row) throw new ApiError("run_not_found");
  const commits = await trx
    .selectFrom("run_commits")
    .select("sha")
    .where("run", "=", id)
    .orderBy("position")
    .execute();
  const order = orderAgain(
    row,
    commits.map(({ sha }) => sha),
  );
  if (!failed) return order;
  const takenOver = await findTakenOver(trx, row);
  if (takenOver.length === 0) throw new ApiError("nothing_to_take_over");
  return { ...order, takenOver };
}

async function findTakenOver(trx: Trx, row: Pick<RunRow, "id" | "attempt" | "work" | "ending">) {
  const work = fromJson(row.work);
  const ending = fromJson(row.ending);
  if (!ending || !isCommand(work)) return [];
  const { steps, apply } = createSteps();
  for (const { at, body } of await stepEvents(trx, row)) apply(fromJson(body), at);
  return passesTakenOver({ id: row.id, takenOver: work.taken_over ?? [], ending }, steps);
}

/** `commits`: those that the run's checkout found, in order. */
export function orderAgain(row: Repeated, commits: readonly string[]): CommandOrder {
  const work = fromJson(row.work);
  if (!isCommand(work)) throw new ApiError("run_not_found");
  const { project, trigger, revision, task, stranger, limits } = work;
  const lane = row.lane?.slice(project.length + 1);
  return {
    project,
    // It counts for its branch as the first one did.
    trigger: trigger === "push" || trigger === "schedule" ? "replay" : trigger,
    revision: pinned(revision, commits, row.ref),
    task,
    stranger,
    title: row.title ?? "",
    ref: row.ref,
    wallS: limits.wall_s,
    ...(lane === undefined ? {} : { laneOf: lane }),
    ...(row.repeatable === 0 ? { retry: "never" } : {}),
  };
}

function isCommand(work: { kind: string }): work is StoredCommand {
  return work.kind === "command";
}

/** The revision at the commits that were checked out, since a branch may have moved on. */
function pinned(revision: Revision, commits: readonly string[], ref: string | null): Revision {
  const [first] = commits;
  if (revision.of === "ref" && first !== undefined) {
    return { of: "commit", commit: first, ...(ref === null ? {} : { ref }) };
  }
  if (revision.of === "history" && first !== undefined && commits.length <= MAX_NAMED_COMMITS) {
    return { of: "commits", commits: [...commits] };
  }
  return revision;
}
