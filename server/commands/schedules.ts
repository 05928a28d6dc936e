import type { Selectable } from "kysely";
import type { Logger } from "pino";
import type { Database, Trx } from "../database/database.ts";
import type { Tables } from "../database/schema.ts";
import { oneAtATime } from "../database/one-at-a-time.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { Commands } from "./commands.ts";
import { nextTime } from "./cron.ts";
import { scheduleOrder } from "./schedule-order.ts";

type Schedule = Selectable<Tables["schedules"]>;

/** Replaces a project's schedules with those of its file. An unchanged schedule keeps its next time. */
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

export interface SchedulesDeps {
  database: Database;
  commands: Pick<Commands, "submitIfRoom" | "announce">;
  now: () => number;
  log: Logger;
}

const LOOK_MS = 1000;
/** How long a full queue is left alone: times that pass meanwhile count as one. */
const FULL_MS = 30_000;
/** A stored next time this far behind the computed one came from a wrong clock. */
const ASTRAY_MS = 2 * 24 * 60 * 60 * 1000;

/** Makes the runs of projects' schedules: one for each time that comes, none twice. */
export function createSchedules({ database, commands, now, log }: SchedulesDeps) {
  let timer: NodeJS.Timeout | undefined;
  /** When a project's queue was found full. */
  const fullAt = new Map<string, number>();

  /**
   * The run and the next time are stored in one transaction, so a crash in between loses and repeats
   * nothing.
   */
  async function due(schedule: Schedule): Promise<void> {
    const run = await database.write(async (trx) => {
      const { project, position, cron } = schedule;
      const next = nextTime(cron, now());
      const { numUpdatedRows } = await trx
        .updateTable("schedules")
        .set({ next_at: next })
        .where("project", "=", project)
        .where("position", "=", position)
        .where("cron", "=", cron)
        .where("next_at", "=", schedule.next_at)
        .executeTakeFirst();
      const wasAstray = schedule.next_at! > now();
      if (numUpdatedRows === 0n || wasAstray) return undefined;
      const order = await scheduleOrder(trx, schedule);
      const actor = { kind: "schedule", id: "schedule", name: cron } as const;
      return order && commands.submitIfRoom(trx, { ...order, actor });
    });
    if (run) commands.announce(run);
  }

  /** Times that passed while no server ran, or that a clock jumped over, count as one. */
  const tick = oneAtATime(async () => {
    const rows = await database.queries
      .selectFrom("schedules")
      .selectAll()
      .where("next_at", "is not", null)
      .execute();
    for (const row of rows.filter((one) => isDue(one, now()))) {
      const since = now() - (fullAt.get(row.project) ?? -Infinity);
      if (since >= 0 && since < FULL_MS) continue;
      await due(row).catch((error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
        const { project, cron } = row;
        log.warn({ project, cron, code: error.code }, "a schedule waits: the queue is full");
        fullAt.set(project, now());
      });
    }
  });

  return {
    tick,

    begin(): void {
      const look = () => {
        tick().catch((error: unknown) => log.error({ err: error }, "schedules could not be kept"));
      };
      look();
      timer = setInterval(look, LOOK_MS);
      timer.unref();
    },

    async close(): Promise<void> {
      clearInterval(timer);
      await tick.idle();
    },
  };
}

function isDue({ cron, next_at }: Schedule, now: number): boolean {
  if (next_at! <= now) return true;
  return next_at! - now > ASTRAY_MS && next_at! - (nextTime(cron, now) ?? next_at!) > ASTRAY_MS;
}
