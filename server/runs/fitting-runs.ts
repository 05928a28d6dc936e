import { sql } from "kysely";
import { runtimesServedBy } from "../../protocol/runtimes.ts";
import type { Queries, Trx } from "../database/database.ts";
import { prepared } from "../database/prepared.ts";
import type { Claimant } from "./claimant.ts";
import { hasItsTurn } from "./lanes.ts";
import { WAITING_STATES } from "./record.ts";
import { createSlotUse } from "./slot-use.ts";

/** A waiting run that a machine may be assigned. */
export interface FittingRun {
  id: string;
  project: string;
  created_at: number;
  /** Orders runs of the same millisecond as they were made. */
  place: number;
}

/** Projects that one look reads; where more wait, the next look reads the next ones. */
const PROJECTS = 100;
/** Projects whose turn is remembered. */
const REMEMBERED = 10_000;
const NONE: ReadonlyMap<string, number> = new Map();
/** Compiled queries that are kept: machines of one image have the same runtimes. */
const QUERIES = 50;

const WAITS = sql`runs.state in (${sql.join(WAITING_STATES)})`;

type ProjectSearch = {
  pool: string;
  project: string;
  now: number;
  /** Runs of each project. */
  most: number;
};
type Search = Omit<ProjectSearch, "project"> & {
  /** Looks at projects whose slugs come after this one. */
  after: string;
};

/** A project without a fitting run has a row without one; the last row has no project, unless more wait. */
type FoundRow = FittingRun | { id: null; project: string | null };

/** Finds waiting runs whose runtimes a kind of machine has. */
interface WaitingQueries {
  /** The oldest runs of a pool's only project. */
  ofProject: (queries: Queries, search: ProjectSearch) => Promise<FittingRun[]>;
  ofProjects: (queries: Queries, search: Search) => Promise<FoundRow[]>;
}

/**
 * Assigns the slots of a pool to projects in fair shares: the next run is one of the project that has the fewest
 * running, then of the project that has used the slots least lately, then of the project whose last turn is
 * longest ago. Within a project the oldest run is first.
 */
export function createFittingRuns() {
  const queries = new Map<string, WaitingQueries>();
  /** Projects in the order of their last turns. */
  const turns = new Map<string, number>();
  let turn = 0;
  /** Where each pool's next look begins: pools of which all projects were seen have none. */
  const cursors = new Map<string, string>();
  /** Of pools that several projects share. */
  const uses = new Map<string, ReturnType<typeof createSlotUse>>();

  function queriesFor(names: readonly string[]): WaitingQueries {
    const key = names.join(" ");
    const known = queries.get(key);
    if (known) return known;
    if (queries.size >= QUERIES) queries.clear();
    const made = { ofProject: waitingOfProject(names), ofProjects: waitingOfProjects(names) };
    queries.set(key, made);
    return made;
  }

  /** Waiting runs of the next projects of a pool. */
  async function look(trx: Trx, find: WaitingQueries["ofProjects"], search: Omit<Search, "after">) {
    const { pool } = search;
    const after = cursors.get(pool) ?? "";
    const rows = await find(trx, { ...search, after });
    const last = rows.reduce(
      (slug, row) => (row.project && row.project > slug ? row.project : slug),
      "",
    );
    const isLast = rows.some(({ project }) => project === null);
    if (isLast) cursors.delete(pool);
    else cursors.set(pool, last);
    return { waiting: rows.filter((row) => row.id !== null), isFromStart: after === "", isLast };
  }

  /** The waiting runs among which a pool's next ones are. */
  async function findWaiting(
    trx: Trx,
    { ofProject, ofProjects }: WaitingQueries,
    search: Omit<Search, "after">,
  ): Promise<FittingRun[]> {
    const [ends] = await waitingEnds(trx, { pool: search.pool });
    if (!ends || ends.first === null) return [];
    if (ends.first === ends.last) return ofProject(trx, { ...search, project: ends.first });
    const found = new Map<string, FittingRun>();
    let isWhole = false;
    let isLast: boolean;
    // The machine asks again only when something changes, so all projects are seen before a slot of it gets nothing.
    do {
      const seen = await look(trx, ofProjects, search);
      for (const run of seen.waiting) found.set(run.id, run);
      isWhole ||= seen.isFromStart;
      isLast = seen.isLast;
    } while (found.size < search.most && !(isWhole && isLast));
    return [...found.values()];
  }

  /** Chooses runs of several projects. */
  async function chooseShared(
    trx: Trx,
    pool: string,
    waiting: readonly FittingRun[],
    { slots, now }: { slots: number; now: number },
  ): Promise<FittingRun[]> {
    const use = uses.get(pool) ?? createSlotUse();
    uses.set(pool, use);
    const running = await countRunning(trx, pool);
    const chosen = chooseFairly(waiting, { running, used: use.readAt(now), turns }, slots);
    for (const { project } of chosen) running.set(project, (running.get(project) ?? 0) + 1);
    use.setRunning(running);
    return chosen;
  }

  return {
    /** Up to `slots` ids of waiting runs that the machine has the runtime for. */
    async choose(trx: Trx, machine: Claimant, slots: number, now: number): Promise<string[]> {
      const names = machine.runtimes.flatMap(runtimesServedBy);
      if (names.length === 0) return [];
      const { pool } = machine;
      const queries = queriesFor([...new Set(names)]);
      const waiting = await findWaiting(trx, queries, { pool, now, most: slots });
      const isShared = waiting.some(({ project }) => project !== waiting[0]!.project);
      const chosen = isShared
        ? await chooseShared(trx, pool, waiting, { slots, now })
        : chooseFairly(waiting, { running: NONE, used: NONE, turns: NONE }, slots);
      for (const { project } of chosen) {
        turns.delete(project);
        turns.set(project, ++turn);
        const [oldest] = turns.keys();
        if (turns.size > REMEMBERED && oldest !== undefined) turns.delete(oldest);
      }
      return chosen.map(({ id }) => id);
    },
  };
}

/** Picks up to `slots` runs: see `createFittingRuns`. */
export function chooseFairly(
  waiting: readonly FittingRun[],
  { running, used, turns }: Record<"running" | "used" | "turns", ReadonlyMap<string, number>>,
  slots: number,
): FittingRun[] {
  const oldestFirst = waiting.toSorted((a, b) => a.created_at - b.created_at || a.place - b.place);
  const queues = [...Map.groupBy(oldestFirst, ({ project }) => project)].map(([project, runs]) => ({
    runs,
    share: running.get(project) ?? 0,
    used: used.get(project) ?? 0,
    turn: turns.get(project) ?? 0,
  }));
  const chosen: FittingRun[] = [];
  while (chosen.length < slots) {
    const [next] = queues
      .filter(({ runs }) => runs.length > 0)
      .toSorted((a, b) => a.share - b.share || a.used - b.used || a.turn - b.turn);
    if (!next) break;
    chosen.push(next.runs.shift()!);
    next.share++;
    next.turn = Number.MAX_SAFE_INTEGER;
  }
  return chosen;
}

/** The first and the last project that waits in a pool, by slug: SQLite reads one row of an index for each. */
const waitingEnds = prepared((queries, { pool }: { pool: string }) => ({
  compile: () =>
    sql<{ first: string | null; last: string | null }>`
      select
        (select min(project) from runs where pool = ${pool} and ${WAITS}) as first,
        (select max(project) from runs where pool = ${pool} and ${WAITS}) as last`.compile(queries),
}));

/**
 * The oldest fitting runs of one project. Here and below, the sum keeps SQLite from planning the statement anew at each
 * use, as it does where a limit is a parameter alone: 0.003 ms instead of 0.010, and several times that when cold.
 */
function waitingOfProject(names: readonly string[]): WaitingQueries["ofProject"] {
  const fitting = sql.join(names);
  return prepared((queries, { pool, project, now, most }: ProjectSearch) => ({
    compile: () =>
      sql<FittingRun>`
        select runs.id, runs.project, runs.created_at, runs.rowid as place from runs
        where runs.pool = ${pool} and runs.project = ${project} and ${WAITS}
          and runs.available_at <= ${now} and runs.runtime in (${fitting}) and ${hasItsTurn}
        order by runs.created_at
        limit ${most} + 0`.compile(queries),
  }));
}

/**
 * The oldest fitting runs of each project that waits, `most` of each. Jumps from project to project in an index: where
 * 10,000 runs of a project wait, it reads no more of them than it returns.
 */
function waitingOfProjects(names: readonly string[]): WaitingQueries["ofProjects"] {
  const fitting = sql.join(names);
  return prepared((queries, { pool, after, now, most }: Search) => ({
    compile: () =>
      sql<FoundRow>`
        with recursive projects (project, place) as (
          select min(project), 1 from runs
          where pool = ${pool} and ${WAITS} and project > ${after}
          union all
          select (
            select min(project) from runs
            where pool = ${pool} and ${WAITS} and project > projects.project
          ), place + 1
          from projects where project is not null and place < ${sql.lit(PROJECTS)}
        )
        select chosen.id, projects.project, chosen.created_at, chosen.rowid as place
        from projects left join runs as chosen on chosen.id in (
          select runs.id from runs
          where runs.pool = ${pool} and runs.project = projects.project and ${WAITS}
            and runs.available_at <= ${now} and runs.runtime in (${fitting}) and ${hasItsTurn}
          order by runs.created_at
          limit ${most} + 0
        )`.compile(queries),
  }));
}

const runningOf = prepared((queries, { pool }: { pool: string }) =>
  queries
    .selectFrom("runs")
    .select((select) => ["project", select.fn.countAll<number>().as("count")])
    .where("state", "=", sql.lit("running"))
    .where("pool", "=", pool)
    .groupBy("project"),
);

async function countRunning(trx: Trx, pool: string): Promise<Map<string, number>> {
  const rows = await runningOf(trx, { pool });
  return new Map(rows.map(({ project, count }) => [project, count]));
}
