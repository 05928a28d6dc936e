import { pagePaths, paths } from "../../../protocol/paths.ts";
import type { CommitView, RunSummary } from "../../../protocol/projects.ts";
import type { RunState } from "../../../protocol/run.ts";
import type { Queries } from "../../database/database.ts";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { WAITING_STATES, type RunRow } from "../../runs/record.ts";
import { findCommit, listCommits, type CommitFilter, type ListedCommit } from "./commits.ts";
import type { RunQuery } from "./search-runs.ts";
import { findListedRun, readRuns, type ListedRun } from "./runs.ts";

export interface ApiViewsDeps {
  queries: Queries;
  /** The server's public URL. */
  url: string;
}

export type ApiViews = ReturnType<typeof createApiViews>;

/** A project's commits and runs in the form of the API. */
export function createApiViews({ queries, url }: ApiViewsDeps) {
  function summaryOf(run: ListedRun): RunSummary {
    const { id, project, kind, state, trigger, title, ref, commit, author, exit_code } = run;
    return {
      id,
      project,
      kind,
      state,
      trigger,
      started_by: run.started_by,
      canceled_by: run.canceled_by,
      title,
      ref,
      commit,
      author,
      created_at: new Date(run.created_at).toISOString(),
      started_at: momentOf(run.started_at),
      ended_at: momentOf(run.ended_at),
      exit_code,
      ran_s: run.ran_s ?? null,
      run_url: url + paths.run(id),
      page_url: url + pagePaths.run(project, id),
    };
  }

  function viewOf({ committed_at, runs, ...commit }: ListedCommit, project: string): CommitView {
    return {
      ...commit,
      committed_at: new Date(committed_at).toISOString(),
      runs: runs.length,
      page_url: url + pagePaths.commit(project, commit.sha),
    };
  }

  /** Numbers the waiting runs: claims take the oldest of a pool first. */
  async function withPositions(runs: readonly ListedRun[]): Promise<RunSummary[]> {
    const pools = [...new Set(runs.filter(isWaiting).map(({ pool }) => pool))];
    if (pools.length === 0) return runs.map(summaryOf);
    const waiting = await queries
      .selectFrom("runs")
      .select(["pool", "created_at"])
      .where("pool", "in", pools)
      .where("state", "in", WAITING_STATES)
      .orderBy("created_at")
      .execute();
    const queues = Map.groupBy(waiting, ({ pool }) => pool);
    return runs.map((run) => {
      const summary = summaryOf(run);
      if (!isWaiting(run)) return summary;
      const index = queues.get(run.pool)?.findIndex((one) => one.created_at >= run.created_at);
      // Not found: it was claimed after the list was read.
      return index === undefined || index < 0 ? summary : { ...summary, position: index + 1 };
    });
  }

  return {
    runs: async (project: string, query: RunQuery): Promise<RunSummary[]> =>
      withPositions(await readRuns(queries, project, query)),

    /** The list entry of an existing run. */
    async summary({ id }: Pick<RunRow, "id">): Promise<RunSummary> {
      const run = await findListedRun(queries, id);
      if (!run) throw new ApiError("run_not_found");
      return summaryOf(run);
    },

    async lastRun(project: string): Promise<RunSummary | null> {
      const [last] = await withPositions(
        await readRuns(queries, project, { kinds: ["command"], limit: 1 }),
      );
      return last ?? null;
    },

    async commits(project: string, filter: CommitFilter): Promise<CommitView[]> {
      const commits = await listCommits(queries, project, filter);
      return commits.map((commit) => viewOf(commit, project));
    },

    /** Throws `commit_not_found`. */
    async commit(project: string, sha: string): Promise<CommitView> {
      const commit = await findCommit(queries, project, sha);
      if (!commit) throw new ApiError("commit_not_found");
      return viewOf(commit, project);
    },
  };
}

function isWaiting({ state }: { state: RunState }): boolean {
  return state === "queued" || state === "waking" || state === "retrying";
}

function momentOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
