import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql, type KyselyPlugin, type RootOperationNode } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fillDatabase, type Filled } from "../../../bench/pages/fill.ts";
import { parseRunFilter } from "../../../protocol/run-filter.ts";
import { createReading } from "../../../server/commands/reading/reading.ts";
import type { Database, Queries } from "../../../server/database/database.ts";
import { openSqlite } from "../../../server/database/sqlite.ts";
import { createOutbox } from "../../../server/notices/outbox.ts";
import { searchBlocks } from "../../../server/projects/blocks/search.ts";
import { readUnwritten } from "../../../server/runs/results.ts";

const RUNS = 300;
const NOW = Date.UTC(2026, 10, 30, 12);
let folder: string;
let database: Database;
let filled: Filled;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deferred-lists-"));
  const file = join(folder, "deferred.db");
  filled = await fillDatabase(file, { runs: RUNS, projects: 3, now: NOW });
  database = await openSqlite(file);
});
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

function termsOf(filter: string) {
  const { terms, problem } = parseRunFilter(filter);
  if (!terms) throw new Error(problem);
  return terms;
}

const page = (filter: string, more: { before?: string; after?: string; oldest?: boolean } = {}) =>
  createReading(database.queries).runsPage(filled.slug, {
    ...{ terms: termsOf(filter), rows: 30 },
    ...more,
  });

test("a filter finds the runs that fit, newest first, and says how many", async () => {
  const all = await page("");
  expect(all.rows.map(({ created_at }) => created_at)).toEqual(
    all.rows.map(({ created_at }) => created_at).toSorted((a, b) => b - a),
  );
  expect(all.count).toEqual({ runs: RUNS, isMore: false });
  for (const [filter, fits] of [
    ["state:failed", (row) => row.state === "failed"],
    ["state:unsuccessful", (row) => row.state !== "succeeded"],
    ["branch:main", (row) => row.ref === "refs/heads/main"],
    ["author:ada", (row) => row.author === "Ada Author"],
    ["cause:schedule", (row) => row.trigger === "schedule"],
    ["branch:main state:timed_out", (row) => row.ref !== null && row.state === "timed_out"],
    ["cache author:ada", (row) => /cache/i.test(row.title) && row.author === "Ada Author"],
    ["kind:command day:2026-11-20", (row) => new Date(row.created_at).getUTCDate() === 20],
  ] as [string, (row: (typeof all.rows)[number]) => boolean][]) {
    const { rows, count } = await page(filter);
    expect([filter, rows.length > 0, rows.every(fits)]).toEqual([filter, true, true]);
    expect([filter, count.runs >= rows.length, count.runs < RUNS]).toEqual([filter, true, true]);
  }
  for (const filter of ["kind:block", "author:nobody", "50%", "a_b", "commit:0000"]) {
    expect([filter, (await page(filter)).rows]).toEqual([filter, []]);
  }
  const { rows } = await page(`commit:${filled.sha.slice(0, 7)}`);
  expect(rows.map(({ id }) => id)).toEqual([filled.run]);
});

test("older leads through all runs once, newer leads back, oldest to the end", async () => {
  const seen: string[] = [];
  let before: string | undefined;
  let last = await page("branch:main");
  for (;;) {
    seen.push(...last.rows.map(({ id }) => id));
    before = last.older;
    if (before === undefined) break;
    last = await page("branch:main", { before });
  }
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.length).toBe((await page("branch:main")).count.runs);
  const oldest = await page("branch:main", { oldest: true });
  expect(oldest.rows.map(({ id }) => id)).toEqual(seen.slice(-30));
  expect(oldest.older).toBeUndefined();
  const newer = await page("branch:main", { after: oldest.newer! });
  expect(newer.rows.map(({ id }) => id)).toEqual(seen.slice(-60, -30));
  expect((await page("branch:main")).newer).toBeUndefined();
});

/** Each statement that `read` makes, as SQLite plans it. */
async function plansOf(read: (queries: Queries) => Promise<unknown>): Promise<string[]> {
  const nodes: RootOperationNode[] = [];
  const record: KyselyPlugin = {
    transformQuery: ({ node }) => (nodes.push(node), node),
    transformResult: async ({ result }) => result,
  };
  await read(database.queries.withPlugin(record));
  const executor = database.queries.getExecutor();
  const plans: string[] = [];
  for (const node of nodes) {
    const { sql: text, parameters } = executor.compileQuery(node, { queryId: "plan" });
    const parts = text.split("?");
    const explained = sql.join(
      [...parts.map((part) => sql.raw(part))].flatMap((part, index) =>
        index === 0 ? [part] : [sql`${parameters[index - 1]}`, part],
      ),
      sql.raw(""),
    );
    const { rows } = await sql<{ detail: string }>`explain query plan ${explained}`.execute(
      database.queries,
    );
    plans.push(rows.map(({ detail }) => detail).join("; "));
  }
  return plans;
}

test("the runs of a block are read by its index, in its order", async () => {
  const plans = await plansOf(async (queries) => {
    for (const filter of ["block:x", "block:x state:unsuccessful"]) {
      await createReading(queries).runsPage(filled.slug, { terms: termsOf(filter), rows: 30 });
    }
  });
  const ofRuns = plans.filter((plan) => /\bruns USING/.test(plan));
  expect(ofRuns.length).toBeGreaterThanOrEqual(4);
  const others = (plan: string) => !/runs USING INDEX runs_by_block/.test(plan);
  const sorting = (plan: string) => /TEMP B-TREE FOR ORDER BY/.test(plan);
  expect(ofRuns.filter((plan) => others(plan) || sorting(plan))).toEqual([]);
});

test("what pages ask reads no table from end to end, and sorts no runs", async () => {
  const filters = [
    ...["", "state:failed", "state:unsuccessful", "branch:main", "kind:block", "day:2026-11-20"],
    ...["branch:main state:failed", "author:ada", "cause:push cache", "commit:abcd", "block:x"],
  ];
  const plans = await plansOf(async (queries) => {
    const reading = createReading(queries);
    const { slug, run, sha } = filled;
    for (const filter of filters) {
      await reading.runsPage(slug, { terms: termsOf(filter), rows: 30 });
    }
    await reading.runsPage(slug, { terms: termsOf("author:ada"), after: run, rows: 30 });
    await reading.projects();
    await reading.trends([slug], 20);
    await reading.runsByDay(slug, { days: 30, now: NOW });
    await reading.branchRuns(slug, "refs/heads/main", 200);
    await reading.lastEnded(slug, "refs/heads/main");
    await reading.run(slug, run);
    await reading.commit(slug, sha);
    await reading.commitBefore(slug, { sha, ref: "refs/heads/main" });
    await reading.commits(slug, { limit: 30 });
  });
  expect(plans.length).toBeGreaterThan(filters.length * 2);
  const wide = /SCAN (runs|commits|run_commits|events|commit_refs|run_days)\b/;
  expect(plans.filter((plan) => wide.test(plan))).toEqual([]);
  // Projects are few, and the commit pages' `in` reads what it sorts.
  const sorts = plans.filter((plan) => /TEMP B-TREE FOR ORDER BY/.test(plan));
  expect(sorts.filter((plan) => !/^SCAN projects|run_commits|commit_refs/.test(plan))).toEqual([]);
  const subqueries = sorts.filter((plan) => /TEMP B-TREE.*TEMP B-TREE/.test(plan));
  expect(subqueries).toEqual([]);
});

test("a search for blocks, and what is asked each second, read an index of just that", async () => {
  const project = async () => undefined;
  const plans = await plansOf(async (queries) => {
    const { unnoticed } = createOutbox({
      database: { ...database, queries },
      ...{ channels: [], project, now: () => NOW },
    });
    await searchBlocks(queries, filled.slug, { words: ["resize", "python"], limit: 31 });
    await readUnwritten(queries);
    await unnoticed();
  });
  expect(plans).toEqual([
    // The ids, and then the rows of those.
    "SEARCH registered_blocks USING COVERING INDEX registered_blocks_by_last_run (project=?)",
    expect.stringMatching(/registered_blocks_by_last_run .*LIST SUBQUERY.*COVERING INDEX/),
    "SEARCH runs USING INDEX runs_unwritten (ended_at>?)",
    "SCAN runs USING INDEX runs_unnoticed",
  ]);
});
