import { sql, type Expression, type SqlBool } from "kysely";
import { RUN_KINDS, type RunTerms } from "../../../protocol/run-filter.ts";
import { ApiError } from "../../../protocol/deferred-error.ts";
import type { Queries } from "../../database/database.ts";
import { DAY_MS } from "../../runs/day-counts.ts";

/**
 * Runs that a search reads at once, by an index: 20,000 take about 8 ms. A search that finds less than a page among
 * them says so, and goes on from there.
 */
const SCANNED = 20_000;
/** More are counted as "more than". */
const COUNTED = 1000;
/** Most runs of one commit that are listed. */
const OF_COMMIT = 5000;

export interface RunQuery extends Partial<RunTerms> {
  /** Id of the run after which the list continues with older ones. */
  before?: string | undefined;
  /** Id of the run after which the list continues with newer ones. */
  after?: string | undefined;
  /** Lists the oldest runs. */
  oldest?: boolean | undefined;
  limit: number;
}

export interface FoundRuns {
  /** Newest first. */
  ids: string[];
  /** Where a search stopped before it had read all: it continues before this run. */
  stoppedAt: string | undefined;
}

type Cursor = { created_at: number; id: string };

/** Ids of the project's runs that fit, newest first. Throws `query_invalid` for a cursor that is no run of it. */
export async function searchRuns(
  queries: Queries,
  project: string,
  query: RunQuery,
): Promise<FoundRuns> {
  const up = query.after !== undefined || query.oldest === true;
  const cursor = await cursorOf(queries, project, query);
  const stop = isSearch(query) ? await stopOf(queries, project, query, { cursor, up }) : undefined;
  const range = rangeOf(cursor, stop, up);
  const found = await Promise.all(
    conditionsOf(project, query).map((where) =>
      readIds(queries, [...where, ...range], query.limit, up),
    ),
  );
  const rows = found.flat().toSorted(up ? ascending : (a, b) => ascending(b, a));
  const ids = rows.slice(0, query.limit).map(({ id }) => id);
  return {
    ids: up ? ids.toReversed() : ids,
    stoppedAt: stop && !up && ids.length < query.limit ? stop.id : undefined,
  };
}

/** How many fit, at most `COUNTED`; of a search, among the newest `SCANNED`. */
export async function countRuns(
  queries: Queries,
  project: string,
  query: Partial<RunTerms>,
): Promise<{ runs: number; isMore: boolean }> {
  const from = { cursor: undefined, up: false };
  const stop = isSearch(query) ? await stopOf(queries, project, query, from) : undefined;
  const range = rangeOf(undefined, stop, false);
  const counts = await Promise.all(
    conditionsOf(project, query).map((where) => countOf(queries, [...where, ...range])),
  );
  const runs = counts.reduce((sum, count) => sum + count, 0);
  return { runs: Math.min(runs, COUNTED), isMore: runs > COUNTED || stop !== undefined };
}

async function cursorOf(
  queries: Queries,
  project: string,
  { before, after }: Pick<RunQuery, "before" | "after">,
): Promise<Cursor | undefined> {
  const id = before ?? after;
  if (id === undefined) return undefined;
  const row = await queries
    .selectFrom("runs")
    .select(["created_at", "id"])
    .where("id", "=", id)
    .where("project", "=", project)
    .executeTakeFirst();
  if (row) return row;
  const name = before === undefined ? "after" : "before";
  throw new ApiError("query_invalid", `${name}: the id of a run of the project.`);
}

/** Whether runs have to be read that do not fit: no index leads to those that do. */
function isSearch({ authors, causes, texts, states, refs }: Partial<RunTerms>): boolean {
  const scanned = [authors, causes, texts].some((some) => some !== undefined && some.length > 0);
  return scanned || ((states?.length ?? 0) > 0 && (refs?.length ?? 0) > 0);
}

type Kind = (typeof RUN_KINDS)[number];

/** The kinds of runs that can fit. */
function kindsOf({ kinds = [], refs = [], commits = [], blocks = [] }: Partial<RunTerms>): Kind[] {
  return RUN_KINDS.filter(
    (kind) =>
      (kinds.length === 0 || kinds.includes(kind)) &&
      (kind === "command" ? blocks.length === 0 : refs.length === 0 && commits.length === 0),
  );
}

/** The last run that a search reads: the newest one of those of each kind. */
async function stopOf(
  queries: Queries,
  project: string,
  terms: Partial<RunTerms>,
  { cursor, up }: { cursor: Cursor | undefined; up: boolean },
): Promise<Cursor | undefined> {
  const stops = await Promise.all(
    kindsOf(terms).map((kind) => {
      let query = queries
        .selectFrom("runs")
        .select(["created_at", "id"])
        .where("project", "=", project)
        .where("kind", "=", sql.lit(kind));
      for (const condition of rangeOf(cursor, undefined, up)) query = query.where(condition);
      return query
        .orderBy("created_at", up ? "asc" : "desc")
        .orderBy("id", up ? "asc" : "desc")
        .offset(SCANNED)
        .limit(1)
        .executeTakeFirst();
    }),
  );
  const sorted = stops.filter((stop) => stop !== undefined).toSorted(ascending);
  return up ? sorted[0] : sorted.at(-1);
}

/**
 * The conditions of one query for each kind and state: each is read in order by its index. Beside a branch, whose
 * index has the states, they are one; so they are beside a block, which has few runs among its project's.
 */
function conditionsOf(project: string, terms: Partial<RunTerms>): Expression<SqlBool>[][] {
  const { states = [], refs = [], blocks = [] } = terms;
  const isOne = states.length === 0 || refs.length > 0 || blocks.length > 0;
  const each = isOne ? [states] : states.map((one) => [one]);
  const shared = sharedConditions(project, terms);
  return kindsOf(terms).flatMap((kind) =>
    each.map((some) => [
      ...shared,
      // Literals, as in the indexes: SQLite does not use a partial index for a parameter.
      sql<SqlBool>`runs.kind = ${sql.lit(kind)}`,
      ...(some.length === 0 ? [] : [sql<SqlBool>`runs.state in (${sql.join([...some])})`]),
    ]),
  );
}

function sharedConditions(project: string, terms: Partial<RunTerms>): Expression<SqlBool>[] {
  const { refs = [], authors = [], causes = [], commits = [] } = terms;
  const { blocks = [], days = [], texts = [] } = terms;
  // The sign keeps SQLite from the project's index, where it would read all runs for those of one block.
  const sign = sql.raw(blocks.length > 0 ? "+" : "");
  const all: Expression<SqlBool>[] = [sql`${sign}runs.project = ${project}`];
  if (refs.length > 0) all.push(sql`runs.ref in (${sql.join([...refs])})`);
  if (causes.length > 0) all.push(sql`runs.trigger in (${sql.join([...causes])})`);
  if (authors.length > 0) all.push(anyOf(authors.map((one) => contains("author", one))));
  for (const text of texts) all.push(contains("title", text));
  if (days.length > 0) {
    const ofDay = (day: number) =>
      sql<SqlBool>`runs.created_at between ${day * DAY_MS} and ${(day + 1) * DAY_MS - 1}`;
    all.push(anyOf(days.map(ofDay)));
  }
  if (commits.length > 0) {
    const ofCommit = (name: string) => sql<SqlBool>`runs.id in (
      select run from run_commits where project = ${project}
      and sha >= ${name} and sha < ${`${name}g`} limit ${OF_COMMIT})`;
    all.push(anyOf(commits.map(ofCommit)));
  }
  if (blocks.length > 0) {
    const digests = blocks.map(
      (id) => sql`(select digest from registered_blocks where project = ${project} and id = ${id})`,
    );
    // By one digest the index has the order, too.
    all.push(anyOf(digests.map((digest) => sql<SqlBool>`runs.block_digest = ${digest}`)));
  }
  return all;
}

/** SQLite compares letters without their case only in ASCII. */
function contains(column: "author" | "title", text: string): Expression<SqlBool> {
  const pattern = `%${text.replace(/[%_\\]/g, "\\$&")}%`;
  return sql<SqlBool>`${sql.ref(`runs.${column}`)} like ${pattern} escape '\\'`;
}

function anyOf(some: readonly Expression<SqlBool>[]) {
  return sql<SqlBool>`(${sql.join([...some], sql` or `)})`;
}

function rangeOf(
  cursor: Cursor | undefined,
  stop: Cursor | undefined,
  up: boolean,
): Expression<SqlBool>[] {
  const beyond = up ? sql.raw(">") : sql.raw("<");
  const within = up ? sql.raw("<=") : sql.raw(">=");
  const bound = (operator: Expression<unknown>, { created_at, id }: Cursor) =>
    sql<SqlBool>`(runs.created_at, runs.id) ${operator} (${created_at}, ${id})`;
  return [...(cursor ? [bound(beyond, cursor)] : []), ...(stop ? [bound(within, stop)] : [])];
}

async function readIds(
  queries: Queries,
  where: readonly Expression<SqlBool>[],
  limit: number,
  up: boolean,
): Promise<Cursor[]> {
  let query = queries.selectFrom("runs").select(["runs.id", "runs.created_at"]);
  for (const condition of where) query = query.where(condition);
  return query
    .orderBy("runs.created_at", up ? "asc" : "desc")
    .orderBy("runs.id", up ? "asc" : "desc")
    .limit(limit)
    .execute();
}

async function countOf(queries: Queries, where: readonly Expression<SqlBool>[]): Promise<number> {
  let some = queries.selectFrom("runs").select("runs.id");
  for (const condition of where) some = some.where(condition);
  const { runs } = await queries
    .selectFrom(some.limit(COUNTED + 1).as("some"))
    .select((select) => select.fn.countAll<number | string>().as("runs"))
    .executeTakeFirstOrThrow();
  return Number(runs);
}

function ascending(a: Cursor, b: Cursor): number {
  return a.created_at - b.created_at || (a.id < b.id ? -1 : 1);
}
