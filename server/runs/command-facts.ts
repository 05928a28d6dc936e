import { fromJson } from "../database/json.ts";
import { pagePaths } from "../../protocol/paths.ts";
import type { CommandFacts, Step } from "../../protocol/run.ts";
import type { Queries } from "../database/database.ts";
import type { RunRow } from "./record.ts";

/** How a step's event begins, so that a query skips the output between steps. */
const STEP = '{"type":"step_';

/** The facts of a command run and the progress of its last attempt. `url` is the server's own. */
export async function commandFacts(
  queries: Queries,
  url: string,
  row: RunRow,
): Promise<CommandFacts> {
  const commits = await queries
    .selectFrom("run_commits")
    .select("sha")
    .where("run", "=", row.id)
    .orderBy("position")
    .execute();
  return {
    project: row.project,
    trigger: row.trigger!,
    ...(row.started_by !== null && { started_by: fromJson(row.started_by) }),
    ...(row.canceled_by !== null && { canceled_by: fromJson(row.canceled_by) }),
    title: row.title!,
    ref: row.ref,
    commits: commits.map(({ sha }) => sha),
    ...(await earlierInLane(queries, row)),
    steps: await stepsOf(queries, row),
    page_url: url + pagePaths.run(row.project, row.id),
  };
}

/** The nearest earlier run of the lane that has not ended. */
async function earlierInLane(
  queries: Queries,
  { lane, lane_number, ended_at }: RunRow,
): Promise<Pick<CommandFacts, "waits_for">> {
  if (lane === null || ended_at !== null) return {};
  const before = await queries
    .selectFrom("runs")
    .select("id")
    .where("lane", "=", lane)
    .where("lane_number", "<", lane_number)
    .where("ended_at", "is", null)
    .orderBy("lane_number", "desc")
    .executeTakeFirst();
  const waits_for = before?.id ?? (await holdOf(queries, lane))?.run;
  return waits_for === undefined ? {} : { waits_for };
}

/** A canceled run that its machine has not released yet. */
async function holdOf(queries: Queries, lane: string) {
  return queries.selectFrom("lane_holds").select("run").where("lane", "=", lane).executeTakeFirst();
}

/** The events of the last attempt's steps, without the output between them. */
export function stepEvents(queries: Queries, row: Pick<RunRow, "id" | "attempt">) {
  return queries
    .selectFrom("events")
    .select(["at", "body"])
    .where("run", "=", row.id)
    .where("attempt", "=", row.attempt)
    .where((where) =>
      where(where.fn("substr", ["body", where.lit(1), where.lit(STEP.length)]), "=", STEP),
    )
    .orderBy("id")
    .execute();
}

async function stepsOf(queries: Queries, row: RunRow): Promise<Step[]> {
  const events = await stepEvents(queries, row);
  const steps = new Map<number, Step>();
  for (const { at, body } of events) {
    const event = fromJson(body);
    if (event.type === "step_started") {
      const { type: _, began_ago_s: ago = 0, ...started } = event;
      const began = new Date(at - ago * 1000).toISOString();
      steps.set(event.step, {
        ...started,
        started_at: began,
        exit_code: null,
        signal: null,
        ran_s: null,
      });
    } else if (event.type === "step_ended") {
      const { exit_code, signal, ran_s, outcome } = event;
      const step = steps.get(event.step);
      if (step) Object.assign(step, { exit_code, signal, ran_s, ...(outcome && { outcome }) });
    }
  }
  return [...steps.values()];
}
