import type { Selectable } from "kysely";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { Queries, Trx } from "../database/database.ts";
import { findProjectRow } from "../database/find-project.ts";
import type { Tables } from "../database/schema.ts";
import type { CommandOrder } from "./submit.ts";

type Schedule = Pick<Selectable<Tables["schedules"]>, "project" | "position" | "cron">;

/** A schedule of the project's file, and its next time. */
export interface ListedSchedule {
  position: number;
  cron: string;
  /** Null: it never comes. */
  next_at: number | null;
}

/** The order of a schedule's run; undefined where the project was removed or has no repository. */
export async function scheduleOrder(
  trx: Trx,
  { project, position, cron }: Schedule,
): Promise<CommandOrder | undefined> {
  const found = await findProjectRow(trx, project);
  if (!found?.repository) return undefined;
  const ref = found.default_branch === null ? undefined : `refs/heads/${found.default_branch}`;
  return {
    project,
    trigger: "schedule",
    revision: { of: "ref", ...(ref !== undefined && { ref }) },
    task: { do: "file", schedule: position, cron },
    stranger: false,
    title: `Schedule ${cron}`,
    ref: ref ?? null,
    // One lane for each schedule: a run that outlasts its interval is not overtaken by the next.
    laneOf: `schedule ${position}`,
  };
}

/** The same for a person who names the schedule. Throws `not_found` or `project_without_repository`. */
export async function findScheduleOrder(
  trx: Trx,
  project: string,
  position: number,
): Promise<CommandOrder> {
  const schedule = await trx
    .selectFrom("schedules")
    .selectAll()
    .where("project", "=", project)
    .where("position", "=", position)
    .executeTakeFirst();
  if (!schedule) throw new ApiError("not_found", "The project has no such schedule.");
  const order = await scheduleOrder(trx, schedule);
  if (!order) throw new ApiError("project_without_repository");
  return order;
}

/** A project's schedules, in the order of its file. */
export function listSchedules(queries: Queries, project: string): Promise<ListedSchedule[]> {
  return queries
    .selectFrom("schedules")
    .select(["position", "cron", "next_at"])
    .where("project", "=", project)
    .orderBy("position")
    .execute();
}
