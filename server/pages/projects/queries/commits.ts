import type { RunState } from "../../../../protocol/run.ts";
import { commitState } from "../../../commands/commit-state.ts";
import { refsOfCommits, seenOn } from "../../../commands/commits.ts";
import type { Queries } from "../../../database/database.ts";
import { PAGE_ROWS } from "./list.ts";

interface RunThere {
  id: string;
  state: RunState;
  trigger: string | null;
}

export interface ListedCommit {
  sha: string;
  subject: string;
  author: string;
  committed_at: number;
  /** Branches and tags that it was seen on, the last one first. */
  refs: readonly string[];
  state: RunState | null;
  /** Newest first. */
  runs: RunThere[];
}

/** A project's commits, newest first by commit time. */
export async function commitsOf(
  queries: Queries,
  slug: string,
  options: { ref?: string | undefined; before?: readonly [number, string] | undefined } = {},
): Promise<{ commits: ListedCommit[]; older: string | undefined }> {
  let query = queries
    .selectFrom("commits")
    .selectAll()
    .where("project", "=", slug)
    .orderBy("committed_at", "desc")
    .orderBy("sha")
    .limit(PAGE_ROWS + 1);
  const { ref, before } = options;
  if (ref !== undefined) query = query.where(seenOn(ref));
  if (before) {
    const [at, sha] = before;
    query = query.where((where) =>
      where.or([
        where("committed_at", "<", at),
        where.and([where("committed_at", "=", at), where("sha", ">", sha)]),
      ]),
    );
  }
  const rows = await query.execute();
  const shown = rows.slice(0, PAGE_ROWS);
  const shas = shown.map(({ sha }) => sha);
  const runs = await runsAt(queries, slug, shas);
  const refs = await refsOfCommits(queries, slug, shas);
  const last = shown.at(-1);
  return {
    commits: shown.map((row) => ({
      sha: row.sha,
      subject: subjectOf(row.message),
      author: row.author_name,
      committed_at: row.committed_at,
      refs: refs.get(row.sha) ?? [],
      state: commitState(runs.get(row.sha) ?? []),
      runs: runs.get(row.sha) ?? [],
    })),
    older: rows.length > PAGE_ROWS && last ? `${last.committed_at}.${last.sha}` : undefined,
  };
}

async function runsAt(
  queries: Queries,
  slug: string,
  shas: readonly string[],
): Promise<Map<string, RunThere[]>> {
  const bySha = new Map<string, RunThere[]>();
  if (shas.length === 0) return bySha;
  const rows = await queries
    .selectFrom("run_commits")
    .innerJoin("runs", "runs.id", "run_commits.run")
    .select(["run_commits.sha", "runs.id", "runs.state", "runs.trigger"])
    .where("run_commits.project", "=", slug)
    .where("run_commits.sha", "in", shas)
    .orderBy("runs.created_at", "desc")
    .execute();
  for (const { sha, ...run } of rows) {
    bySha.set(sha, [...(bySha.get(sha) ?? []), run]);
  }
  return bySha;
}

/** Branches and tags that commits were seen on, by name. */
export async function refsOf(queries: Queries, slug: string): Promise<string[]> {
  const rows = await queries
    .selectFrom("commit_refs")
    .select("ref")
    .distinct()
    .where("project", "=", slug)
    .orderBy("ref")
    .limit(500)
    .execute();
  return rows.map(({ ref }) => ref);
}

export async function commitOf(queries: Queries, slug: string, sha: string) {
  const commit = await queries
    .selectFrom("commits")
    .selectAll()
    .where("project", "=", slug)
    .where("sha", "=", sha)
    .executeTakeFirst();
  const refs = await refsOfCommits(queries, slug, [sha]);
  return commit && { ...commit, refs: refs.get(sha) ?? [] };
}

export function subjectOf(message: string): string {
  return message.split("\n", 1)[0]!.trim() || "(no message)";
}
