import type { Trx } from "../database/database.ts";
import { nextTime } from "./cron.ts";

/** Makes a project's schedule what its file says now. What has not changed keeps its next time. */
export async function keepSchedules(
  trx: Trx,
  project: string,
  schedule: readonly { cron: string }[],
  now: number,
): Promise<void> {
  const before = await trx
    .selectFrom("schedules")
    .selectAll()
    .where("project", "=", project)
    .execute();
  const unchanged = (position: number, cron: string) =>
    before.find((row) => row.position === position && row.cron === cron);
  const rows = schedule.map(({ cron }, position) => ({
    project,
    position,
    cron,
    next_at: unchanged(position, cron)?.next_at ?? nextTime(cron, now),
  }));
  await trx.deleteFrom("schedules").where("project", "=", project).execute();
  if (rows.length > 0) await trx.insertInto("schedules").values(rows).execute();
}
