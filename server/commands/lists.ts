import { fromJson } from "../database/json.ts";
import { sql } from "kysely";
import type { Commit } from "../../protocol/command.ts";
import { pagePaths, paths } from "../../protocol/paths.ts";
import type { CommitView, RunSummary } from "../../protocol/projects.ts";
import { END_STATES, type RunState } from "../../protocol/run.ts";
import type { Database } from "../database/database.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { WAITING_STATES, type RunRow } from "../runs/record.ts";
import { commitState } from "./commit-state.ts";
import { refsOfCommits, seenOn } from "./commits.ts";

export interface ListsDeps {
  database: Database;
  /** The server's public URL. */
  url: string;
}

export interface RunFilter {
  /** `open`: whatever has not ended. */
  state?: RunState | "open" | undefined;
  /** A commit's full name. */
  commit?: string | undefined;
  /** Only those that were made before this run. */
  before?: string | undefined;
  limit: number;
}

export interface CommitFilter {
  /** A branch or tag in full. */
  ref?: string | undefined;
  /** Only those after this commit in the list. */
  before?: string | undefined;
  limit: number;
}

/** How commits are stored. */
interface CommitRow extends Omit<Commit, "committed_at"> {
  committed_at: number;
  ref: string | null;
}

export type Lists = ReturnType<typeof createLists>;

/** What there is of a project's commits and runs, newest first. */
export function createLists({ database, url }: ListsDeps) {
  const { queries } = database;

  /** The runs as a list shows them. */
  async function summaries(rows: readonly RunRow[]): Promise<RunSummary[]> {
    if (rows.length === 0) return [];
    const commits = await queries
      .selectFrom("run_commits")
      .select(["run", "sha"])
      .where(
        "run",
        "in",
        rows.map(({ id }) => id),
      )
      .where("position", "=", 0)
      .execute();
    const commitOf = new Map(commits.map(({ run, sha }) => [run, sha]));
    return rows.map((row) => summaryOf(url, row, commitOf.get(row.id) ?? null));
  }

  async function summary(row: RunRow): Promise<RunSummary> {
    return (await summaries([row]))[0]!;
  }

  async function views(project: string, rows: readonly CommitRow[]): Promise<CommitView[]> {
    if (rows.length === 0) return [];
    const shas = rows.map(({ sha }) => sha);
    const runs = await queries
      .selectFrom("run_commits")
      .innerJoin("runs", "runs.id", "run_commits.run")
      .select(["sha", "state", "trigger", "created_at"])
      .where("run_commits.project", "=", project)
      .where("sha", "in", shas)
      .orderBy("created_at", "desc")
      .execute();
    const runsOf = Map.groupBy(runs, ({ sha }) => sha);
    const refs = await refsOfCommits(queries, project, shas);
    return rows.map(({ committed_at, ...commit }) => ({
      ...commit,
      refs: refs.get(commit.sha) ?? [],
      committed_at: new Date(committed_at).toISOString(),
      state: commitState(runsOf.get(commit.sha) ?? []),
      runs: runsOf.get(commit.sha)?.length ?? 0,
      page_url: url + pagePaths.commit(project, commit.sha),
    }));
  }

  /** Claims take those first that were asked for first. */
  async function withPlaces(rows: readonly RunRow[]): Promise<RunSummary[]> {
    const found = await summaries(rows);
    const waiting = rows.filter(({ state }) => isWaiting(state));
    if (waiting.length === 0) return found;
    const line = await queries
      .selectFrom("runs")
      .select(["pool", "created_at"])
      .where("pool", "in", [...new Set(waiting.map(({ pool }) => pool))])
      .where("state", "in", WAITING_STATES)
      .orderBy("created_at")
      .execute();
    const pools = Map.groupBy(line, ({ pool }) => pool);
    return found.map((one, index) => {
      const row = rows[index]!;
      if (!isWaiting(row.state)) return one;
      const before = pools.get(row.pool)?.findIndex((at) => at.created_at >= row.created_at) ?? -1;
      // Claimed since it was read, where nobody waits as long.
      return before === -1 ? one : { ...one, position: before + 1 };
    });
  }

  const runsOf = (project: string) =>
    queries
      .selectFrom("runs")
      .selectAll("runs")
      .where("runs.project", "=", project)
      // Written out, as in the index, which SQLite uses only then.
      .where("kind", "=", sql.lit("command"));

  const commitsOf = (project: string) =>
    queries
      .selectFrom("commits")
      .select(["sha", "message", "author_name", "author_email", "committed_at", "ref"])
      .where("project", "=", project);

  return {
    summary,

    async runs(
      project: string,
      { state, commit, before, limit }: RunFilter,
    ): Promise<RunSummary[]> {
      let query = runsOf(project).orderBy("created_at", "desc").orderBy("id", "desc").limit(limit);
      if (state === "open") query = query.where("state", "not in", END_STATES);
      else if (state !== undefined) query = query.where("state", "=", state);
      if (commit !== undefined) {
        // Asked for on their own: in one statement, SQLite goes through all runs of the project.
        const found = await queries
          .selectFrom("run_commits")
          .select("run")
          .where("project", "=", project)
          .where("sha", "=", commit)
          .execute();
        if (found.length === 0) return [];
        query = query.where(
          "id",
          "in",
          found.map(({ run }) => run),
        );
      }
      if (before !== undefined) {
        const from = await runsOf(project).where("id", "=", before).executeTakeFirst();
        if (!from) throw new ApiError("query_invalid", "before: the id of a run of the project.");
        query = query.where((where) =>
          where(where.refTuple("created_at", "id"), "<", where.tuple(from.created_at, from.id)),
        );
      }
      return withPlaces(await query.execute());
    },

    async lastRun(project: string): Promise<RunSummary | null> {
      const [last] = await this.runs(project, { limit: 1 });
      return last ?? null;
    },

    async commits(project: string, { ref, before, limit }: CommitFilter): Promise<CommitView[]> {
      let query = commitsOf(project)
        .orderBy("committed_at", "desc")
        .orderBy("sha", "desc")
        .limit(limit);
      if (ref !== undefined) query = query.where(seenOn(ref));
      if (before !== undefined) {
        const from = await commitsOf(project).where("sha", "=", before).executeTakeFirst();
        if (!from) throw new ApiError("query_invalid", "before: the name of a commit in the list.");
        query = query.where((where) =>
          where(
            where.refTuple("committed_at", "sha"),
            "<",
            where.tuple(from.committed_at, from.sha),
          ),
        );
      }
      return views(project, await query.execute());
    },

    /** Throws `commit_not_found`. */
    async commit(project: string, sha: string): Promise<CommitView> {
      const rows = await commitsOf(project).where("sha", "=", sha).execute();
      const [view] = await views(project, rows);
      if (!view) throw new ApiError("commit_not_found");
      return view;
    },
  };
}

function isWaiting(state: RunState): boolean {
  return state === "queued" || state === "waking" || state === "retrying";
}

function summaryOf(url: string, row: RunRow, commit: string | null): RunSummary {
  const ending = fromJson(row.ending);
  const moment = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  return {
    id: row.id,
    project: row.project,
    state: row.state,
    trigger: row.trigger!,
    title: row.title!,
    ref: row.ref,
    commit,
    created_at: moment(row.created_at)!,
    started_at: moment(row.started_at),
    ended_at: moment(row.ended_at),
    exit_code: ending?.exit_code ?? null,
    ran_s: ending?.times.ran_s ?? null,
    run_url: url + paths.run(row.id),
    page_url: url + pagePaths.run(row.project, row.id),
  };
}
