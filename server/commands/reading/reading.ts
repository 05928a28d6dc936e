import type { Queries } from "../../database/database.ts";
import { readRunsOfBlock } from "./block-runs.ts";
import { listSchedules } from "../schedule-order.ts";
import { findCommit, listCommits, listRefs, type CommitFilter } from "./commits.ts";
import { runsByDay } from "./days.ts";
import { readBranchRuns } from "./branch.ts";
import type { RunQuery } from "./search-runs.ts";
import { readProjects, readTrends } from "./projects.ts";
import { runPagesOf } from "./run-pages.ts";
import { readLiveRun, readRun } from "./run.ts";
import { commitBefore, lastEnded, readRuns, readRunsPage, type RunsPageQuery } from "./runs.ts";
import { readStart, type StartOptions } from "./start.ts";

export type Reading = ReturnType<typeof createReading>;

/** The queries of the pages on projects, their commits and their runs; the API uses the same. */
export function createReading(queries: Queries) {
  return {
    projects: () => readProjects(queries),
    trends: (slugs: readonly string[], limit: number) => readTrends(queries, slugs, limit),
    runs: (project: string, query: RunQuery) => readRuns(queries, project, query),
    runsPage: (project: string, query: RunsPageQuery) => readRunsPage(queries, project, query),
    branchRuns: (project: string, ref: string, limit: number) =>
      readBranchRuns(queries, project, ref, limit),
    run: (project: string, id: string, attempt?: number) => readRun(queries, project, id, attempt),
    runsOfBlock: (digest: string, limit: number) => readRunsOfBlock(queries, digest, limit),
    runPages: (ids: readonly string[]) => runPagesOf(queries, ids),
    liveRun: (project: string, id: string, after: number) =>
      readLiveRun(queries, project, id, after),
    runsByDay: (project: string, period: { days: number; now: number }) =>
      runsByDay(queries, project, period),
    lastEnded: (project: string, ref: string | undefined) => lastEnded(queries, project, ref),
    commits: (project: string, filter: CommitFilter) => listCommits(queries, project, filter),
    commit: (project: string, sha: string) => findCommit(queries, project, sha),
    commitBefore: (project: string, commit: { sha: string; ref: string | null }) =>
      commitBefore(queries, project, commit),
    start: (options: StartOptions) => readStart(queries, options),
    schedules: (project: string) => listSchedules(queries, project),
    refs: (project: string) => listRefs(queries, project),
  };
}
