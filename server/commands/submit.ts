import { toJson } from "../database/json.ts";
import type { Actor } from "../../protocol/actors.ts";
import type { Commit, Revision, StoredCommand, Task } from "../../protocol/command.ts";
import type { TakenOver } from "../../protocol/passes.ts";
import { commandLimits } from "../../protocol/limits.ts";
import { canonicalJson } from "../../blocks/canonical-json.ts";
import type { Trx } from "../database/database.ts";
import { sha256 } from "../database/ids.ts";
import { insertRun } from "../runs/new-run.ts";
import type { RunRow } from "../runs/record.ts";
import { keepCommits, keepRunCommits } from "./commits.ts";
import { poolOf } from "./pools.ts";

/** An order by a push, a schedule or a person. */
export interface CommandOrder {
  project: string;
  trigger: StoredCommand["trigger"];
  revision: Revision;
  task: Task;
  /** A fork's work: no secrets, no caches, machines of their own. */
  stranger: boolean;
  /** Title for people: a commit's subject, or the command. */
  title: string;
  /** Who asked for it. */
  actor?: Actor;
  /** The branch or tag in full; null where it is not known yet. */
  ref: string | null;
  /** The known commits of the repository, with or without the revision's own. */
  commits?: readonly Commit[];
  /** Runs of the project that name the same text here are executed one after another. */
  laneOf?: string;
  /** Time limit of the whole run in seconds; the server's maximum wins. */
  wallS?: number;
  /** Not safe to start twice. */
  retry?: "never";
  /** Passes of its matrix that do not run. */
  takenOver?: readonly TakenOver[];
}

const MAX_TITLE = 200;

/** Makes the run of `order` in the caller's transaction. */
export async function submitCommand(trx: Trx, order: CommandOrder, now: number): Promise<RunRow> {
  const { project, trigger, revision, task, stranger, ref } = order;
  const work: StoredCommand = {
    kind: "command",
    runtime: "bash",
    project,
    revision,
    task,
    trigger,
    stranger,
    ...(order.takenOver && { taken_over: [...order.takenOver] }),
    limits: commandLimits(order.wallS),
  };
  const lane = order.laneOf === undefined ? null : `${project} ${order.laneOf}`;
  const facts = {
    kind: "command",
    project,
    pool: poolOf(order),
    work: toJson(work),
    block_digest: sha256(canonicalJson(work)),
    code_digest: `task-sha256-${sha256(canonicalJson(task))}`,
    inputs_digest: sha256(canonicalJson(revision)),
    runtime: work.runtime,
    repeatable: order.retry === "never" ? 0 : 1,
    trigger,
    title: titleOf(order.title),
    ref,
    lane,
    lane_number: lane === null ? null : await nextInLane(trx, lane),
    started_by: order.actor === undefined ? null : toJson(order.actor),
  } as const;
  const run = await insertRun(trx, facts, now);
  const commits = order.commits ?? [];
  await keepCommits(trx, { project, commits, ref, corrects: true }, now);
  if (revision.of === "commit") await keepRunCommits(trx, run, [revision.commit]);
  return run;
}

/** Continues after the last open run of the lane: the order of ended runs does not matter any more. */
async function nextInLane(trx: Trx, lane: string): Promise<number> {
  const last = await trx
    .selectFrom("runs")
    .select((select) => select.fn.max("lane_number").as("number"))
    .where("lane", "=", lane)
    .where("ended_at", "is", null)
    .executeTakeFirst();
  return (last?.number ?? 0) + 1;
}

/** One line, short enough for a list. */
export function titleOf(text: string): string {
  const line = text.trim().split("\n")[0]!.trim();
  if (line.length <= MAX_TITLE) return line;
  // A cut surrogate pair would be invalid text, so it is dropped.
  return `${line.slice(0, MAX_TITLE - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
