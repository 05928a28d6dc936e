import type { Queries } from "../../database/database.ts";
import { readRunsOfBlock } from "./block-runs.ts";
import { findCommit, listCommits, listRefs, type CommitFilter } from "./commits.ts";
import { runsByDay } from "./days.ts";
import { readProjects } from "./projects.ts";
import { readLiveRun, readRun } from "./run.ts";
import { lastEnded, readRuns, type RunFilter } from "./runs.ts";

export type Reading = ReturnType<typeof createReading>;

/** The queries of the pages on projects, their commits and their runs; the API uses the same. */
export function createReading(queries: Queries) {
  return {
    projects: () => readProjects(queries),
    runs: (project: string, filter: RunFilter) => readRuns(queries, project, filter),
    runsOfBlock: (digest: string, limit: number) => readRunsOfBlock(queries, digest, limit),
    run: (project: string, id: string) => readRun(queries, project, id),
    liveRun: (project: string, id: string, after: number) =>
      readLiveRun(queries, project, id, after),
    runsByDay: (project: string, period: { days: number; now: number }) =>
      runsByDay(queries, project, period),
    lastEnded: (project: string, ref: string | undefined) => lastEnded(queries, project, ref),
    commits: (project: string, filter: CommitFilter) => listCommits(queries, project, filter),
    commit: (project: string, sha: string) => findCommit(queries, project, sha),
    refs: (project: string) => listRefs(queries, project),
  };
}
