import { sql } from "kysely";
import type { Queries } from "../../database/database.ts";
import { dayOf, usedToday } from "../../fleet/budget.ts";
import { pricedWakes } from "../../fleet/wakes.ts";
import { hasItsTurn } from "../../runs/lanes.ts";
import { WAITING_STATES } from "../../runs/record.ts";
import type { Metrics } from "./metrics.ts";

/** The kind of a pool, without its project's name. */
const kindOf = (pool: string) => pool.split(":", 1)[0]!;

/** Gauges that are queried from the database, so that they are correct after a restart. */
export function addRecordGauges(metrics: Metrics, queries: Queries, now: () => number): void {
  const waiting = () =>
    queries
      .selectFrom("runs")
      .select(["pool", (select) => select.fn.countAll<number>().as("runs")])
      .select((select) => select.fn.min("created_at").as("oldest"))
      .where("state", "in", WAITING_STATES)
      .where(hasItsTurn)
      .groupBy("pool")
      .execute();

  metrics.gauge("deferred_runs_waiting", "Runs that wait for a machine.", ["pool"], async (set) => {
    const kinds = Map.groupBy(await waiting(), ({ pool }) => kindOf(pool));
    if (!kinds.has("shared")) set({ pool: "shared" }, 0);
    for (const [pool, rows] of kinds) {
      set(
        { pool },
        rows.reduce((sum, { runs }) => sum + runs, 0),
      );
    }
  });

  metrics.gauge(
    "deferred_oldest_wait_seconds",
    "For how long the run has waited that has waited longest.",
    ["pool"],
    async (set) => {
      const kinds = Map.groupBy(await waiting(), ({ pool }) => kindOf(pool));
      if (!kinds.has("shared")) set({ pool: "shared" }, 0);
      for (const [pool, rows] of kinds) {
        const oldest = Math.min(...rows.map((row) => row.oldest));
        set({ pool }, Math.max(0, now() - oldest) / 1000);
      }
    },
  );

  metrics.gauge("deferred_runs_running", "Runs that machines hold.", ["pool"], async (set) => {
    const rows = await queries
      .selectFrom("runs")
      .select(["pool", (select) => select.fn.countAll<number>().as("runs")])
      .where("state", "=", "running")
      .groupBy("pool")
      .execute();
    const kinds = Map.groupBy(rows, ({ pool }) => kindOf(pool));
    if (!kinds.has("shared")) set({ pool: "shared" }, 0);
    for (const [pool, of] of kinds)
      set(
        { pool },
        of.reduce((sum, row) => sum + row.runs, 0),
      );
  });

  metrics.gauge("deferred_machines", "Machines by their state.", ["pool", "state"], async (set) => {
    const rows = await queries
      .selectFrom("machines")
      .select(["pool", "state", (select) => select.fn.countAll<number>().as("machines")])
      .where("state", "<>", "gone")
      .groupBy(["pool", "state"])
      .execute();
    const kinds = Map.groupBy(rows, (row) => `${kindOf(row.pool)} ${row.state}`);
    for (const [key, of] of kinds) {
      const [pool, state] = key.split(" ") as [string, string];
      set(
        { pool, state },
        of.reduce((sum, row) => sum + row.machines, 0),
      );
    }
  });

  metrics.gauge(
    "deferred_machine_hours_today",
    "Machine-hours since midnight UTC, as the budget counts them.",
    [],
    async (set) => {
      const at = now();
      set({}, usedToday(await pricedWakes(queries, dayOf(at), at), at).all);
    },
  );

  metrics.gauge(
    "deferred_results_unwritten",
    "Runs that ended whose result storage has not taken yet.",
    [],
    async (set) => {
      const { runs } = await queries
        .selectFrom("runs")
        .select((select) => select.fn.countAll<number>().as("runs"))
        .where("ended_at", "is not", null)
        .where("result_written", "=", sql.lit(0))
        .executeTakeFirstOrThrow();
      set({}, runs);
    },
  );

  metrics.gauge(
    "deferred_notices_waiting",
    "Notices that are still to be sent.",
    [],
    async (set) => {
      const { notices } = await queries
        .selectFrom("notices")
        .select((select) => select.fn.countAll<number>().as("notices"))
        .where("next_at", "is not", null)
        .executeTakeFirstOrThrow();
      set({}, notices);
    },
  );
}
