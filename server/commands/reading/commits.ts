import type { RunState } from "../../../protocol/run.ts";
import type { Queries } from "../../database/database.ts";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { refsOfCommits, seenOn } from "../commits.ts";
import { commitState } from "./commit-state.ts";

export interface CommitFilter {
  /** A branch or tag in full. */
  ref?: string | undefined;
  /** Name of the commit after which the list continues. */
  before?: string | undefined;
  limit: number;
}

interface RunOfCommit {
  id: string;
  state: RunState;
  trigger: string | null;
}

export interface ListedCommit {
  sha: string;
  message: string;
  author_name: string;
  author_email: string;
  committed_at: number;
  /** The branch or tag of the push that brought it. */
  ref: string | null;
  /** Branches and tags on which it was seen, the newest first. */
  refs: string[];
  state: RunState | null;
  /** Newest first. */
  runs: readonly RunOfCommit[];
}

function commitsOf(queries: Queries, project: string) {
  return queries
    .selectFrom("commits")
    .select(["sha", "message", "author_name", "author_email", "committed_at", "ref"])
    .where("project", "=", project);
}

/** A project's commits, newest first by commit time. Throws `query_invalid` where `before` names none. */
export async function listCommits(
  queries: Queries,
  project: string,
  { ref, before, limit }: CommitFilter,
): Promise<ListedCommit[]> {
  let query = commitsOf(queries, project)
    .orderBy("committed_at", "desc")
    .orderBy("sha", "desc")
    .limit(limit);
  if (ref !== undefined) query = query.where(seenOn(ref));
  if (before !== undefined) {
    const last = await commitsOf(queries, project).where("sha", "=", before).executeTakeFirst();
    if (!last) throw new ApiError("query_invalid", "before: the name of a commit in the list.");
    query = query.where((where) =>
      where(where.refTuple("committed_at", "sha"), "<", where.tuple(last.committed_at, last.sha)),
    );
  }
  return withRuns(queries, project, await query.execute());
}

export async function findCommit(
  queries: Queries,
  project: string,
  sha: string,
): Promise<ListedCommit | undefined> {
  const rows = await commitsOf(queries, project).where("sha", "=", sha).execute();
  return (await withRuns(queries, project, rows))[0];
}

async function withRuns(
  queries: Queries,
  project: string,
  rows: readonly Omit<ListedCommit, "refs" | "state" | "runs">[],
): Promise<ListedCommit[]> {
  if (rows.length === 0) return [];
  const shas = rows.map(({ sha }) => sha);
  const found = await queries
    .selectFrom("run_commits")
    .innerJoin("runs", "runs.id", "run_commits.run")
    .select(["run_commits.sha", "runs.id", "runs.state", "runs.trigger"])
    .where("run_commits.project", "=", project)
    .where("run_commits.sha", "in", shas)
    .orderBy("runs.created_at", "desc")
    .execute();
  const runs = Map.groupBy(found, ({ sha }) => sha);
  const refs = await refsOfCommits(queries, project, shas);
  return rows.map((row) => {
    const own = runs.get(row.sha) ?? [];
    return { ...row, refs: refs.get(row.sha) ?? [], state: commitState(own), runs: own };
  });
}

/** Branches and tags on which commits were seen, by name. */
export async function listRefs(queries: Queries, project: string): Promise<string[]> {
  const rows = await queries
    .selectFrom("commit_refs")
    .select("ref")
    .distinct()
    .where("project", "=", project)
    .orderBy("ref")
    .limit(500)
    .execute();
  return rows.map(({ ref }) => ref);
}

export function subjectOf(message: string): string {
  return message.split("\n", 1)[0]!.trim() || "(no message)";
}
