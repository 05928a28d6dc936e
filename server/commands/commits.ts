import { sql, type SqlBool } from "kysely";
import type { Commit } from "../../protocol/command.ts";
import type { Queries, Trx } from "../database/database.ts";

/** SQLite takes 32,766 values in a statement, and a row has eight. */
const ROWS_AT_ONCE = 1000;

export interface ToldCommits {
  project: string;
  commits: readonly Commit[];
  /** The full ref. */
  ref: string | null;
  /** Whether stored commits may be changed; otherwise only new ones are stored. */
  corrects: boolean;
}

/** Stores a project's commits. */
export async function keepCommits(trx: Trx, of: ToldCommits, now: number): Promise<void> {
  // A statement can't insert and update one row at once.
  const once = [...new Map(of.commits.map((commit) => [commit.sha, commit])).values()];
  const rows = once.map(({ committed_at, ...commit }) => ({
    project: of.project,
    ...commit,
    committed_at: momentOf(committed_at, now),
    ref: of.ref,
    seen_at: now,
  }));
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    await trx
      .insertInto("commits")
      .values(rows.slice(from, from + ROWS_AT_ONCE))
      .onConflict((conflict) => {
        const known = conflict.columns(["project", "sha"]);
        if (!of.corrects) return known.doNothing();
        return known.doUpdateSet((row) => ({
          message: row.ref("excluded.message"),
          author_name: row.ref("excluded.author_name"),
          author_email: row.ref("excluded.author_email"),
          committed_at: row.ref("excluded.committed_at"),
          ref: row.fn.coalesce(row.ref("excluded.ref"), row.ref("commits.ref")),
          seen_at: row.ref("excluded.seen_at"),
        }));
      })
      .execute();
  }
  const { project, ref } = of;
  if (ref === null) return;
  const places = rows.map(({ sha, seen_at }) => ({ project, sha, ref, seen_at }));
  for (let from = 0; from < places.length; from += ROWS_AT_ONCE) {
    await trx
      .insertInto("commit_refs")
      .values(places.slice(from, from + ROWS_AT_ONCE))
      .onConflict((conflict) =>
        conflict
          .columns(["project", "sha", "ref"])
          .doUpdateSet((row) => ({ seen_at: row.ref("excluded.seen_at") })),
      )
      .execute();
  }
}

/** For a `where`: commits that were seen on a branch or tag, also where they are on others. */
export function seenOn(ref: string) {
  return sql<SqlBool>`exists (
    select 1 from commit_refs
    where commit_refs.project = commits.project
      and commit_refs.sha = commits.sha
      and commit_refs.ref = ${ref}
  )`;
}

/** The branches and tags of each commit, the one where it was last seen first. */
export async function refsOfCommits(
  queries: Queries,
  project: string,
  shas: readonly string[],
): Promise<Map<string, string[]>> {
  const refs = new Map<string, string[]>();
  if (shas.length === 0) return refs;
  const rows = await queries
    .selectFrom("commit_refs")
    .select(["sha", "ref"])
    .where("project", "=", project)
    .where("sha", "in", shas)
    .orderBy("seen_at", "desc")
    .orderBy("ref")
    .execute();
  for (const { sha, ref } of rows) refs.set(sha, [...(refs.get(sha) ?? []), ref]);
  return refs;
}

/** Replaces the stored commits of a run, in this order. */
export async function keepRunCommits(
  trx: Trx,
  run: { id: string; project: string },
  commits: readonly string[],
): Promise<void> {
  await trx.deleteFrom("run_commits").where("run", "=", run.id).execute();
  const [first] = commits;
  if (first === undefined) return;
  const rows = commits.map((sha, position) => ({
    run: run.id,
    position,
    project: run.project,
    sha,
  }));
  await trx.insertInto("run_commits").values(rows).execute();
  const author = await trx
    .selectFrom("commits")
    .select("author_name")
    .where("project", "=", run.project)
    .where("sha", "=", first)
    .executeTakeFirst();
  await trx
    .updateTable("runs")
    .set({ commit_sha: first, author: author?.author_name ?? null })
    .where("id", "=", run.id)
    .execute();
}

/** A commit's date comes from its author's clock; an invalid date counts as now. */
function momentOf(text: string, now: number): number {
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? now : moment;
}
