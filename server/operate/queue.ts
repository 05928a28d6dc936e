import { sql } from "kysely";
import type { Queries } from "../database/database.ts";
import { hasItsTurn } from "../runs/lanes.ts";
import { WAITING_STATES } from "../runs/record.ts";

/** A run that waits, and why. */
export interface QueuedRun {
  id: string;
  project: string;
  title: string | null;
  pool: string;
  since: number;
  why: "machine_waking" | "machines_full" | "no_machine" | "earlier_run" | "delayed";
}

const LISTED = 50;

/** The runs that wait, oldest first, and how many there are. */
export async function readQueue(
  queries: Queries,
  now: number,
): Promise<{ runs: QueuedRun[]; count: number }> {
  const waiting = queries.selectFrom("runs").where("state", "in", WAITING_STATES);
  const { count } = await waiting
    .select((select) => select.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  if (count === 0) return { runs: [], count };
  const rows = await waiting
    .select(["id", "project", "title", "pool", "created_at", "available_at"])
    .select(sql<number>`${hasItsTurn}`.as("turn"))
    .orderBy("created_at")
    .limit(LISTED)
    .execute();
  const machines = await queries
    .selectFrom("machines")
    .select(["pool", "state"])
    .where("state", "in", ["launching", "ready"])
    .execute();
  const has = (pool: string, state: string) =>
    machines.some((machine) => machine.pool === pool && machine.state === state);
  const whyOf = (row: (typeof rows)[number]): QueuedRun["why"] => {
    if (row.available_at > now) return "delayed";
    if (!row.turn) return "earlier_run";
    if (has(row.pool, "launching")) return "machine_waking";
    return has(row.pool, "ready") ? "machines_full" : "no_machine";
  };
  const runs = rows.map((row) => {
    const { id, project, title, pool, created_at: since } = row;
    return { id, project, title, pool, since, why: whyOf(row) };
  });
  return { runs, count };
}
