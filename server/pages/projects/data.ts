import { sql } from "kysely";
import type { RunState } from "../../../protocol/run.ts";
import type { Queries } from "../../database/database.ts";
import type { DeliveriesTable, Tables } from "../../database/schema.ts";
import type { RunRow } from "../../runs/record.ts";

/** Rows of a list; a page shows fewer and leads to the rest. */
export const PAGE_ROWS = 30;

export interface ListedRun {
  id: string;
  state: RunState;
  trigger: string;
  title: string;
  ref: string | null;
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
}

const LISTED = [
  "id",
  "state",
  "trigger",
  "title",
  "ref",
  "created_at",
  "started_at",
  "ended_at",
] as const;

export interface ListedProject {
  slug: string;
  public: boolean;
  last: { id: string; state: RunState; title: string; created_at: number } | undefined;
}

/** All projects by name, each with its last run. */
export async function allProjects(queries: Queries): Promise<ListedProject[]> {
  const rows = await queries
    .selectFrom("projects")
    .leftJoin("runs", (join) =>
      join.on(
        "runs.id",
        "=",
        sql<string>`(select id from runs as newest where newest.project = projects.slug
          and newest.kind = 'command' order by newest.created_at desc limit 1)`,
      ),
    )
    .select(["projects.slug", "projects.settings"])
    .select(["runs.id", "runs.state", "runs.title", "runs.created_at"])
    .where("projects.removed_at", "is", null)
    .orderBy("projects.slug")
    .execute();
  return rows.map(({ slug, settings, id, state, title, created_at }) => ({
    slug,
    public: (JSON.parse(settings) as { public?: boolean }).public === true,
    last:
      id === null ? undefined : { id, state: state!, title: title ?? "", created_at: created_at! },
  }));
}

export interface ListedCommit {
  sha: string;
  subject: string;
  author: string;
  committed_at: number;
  ref: string | null;
  /** Newest first. */
  runs: { id: string; state: RunState }[];
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
  if (ref !== undefined) query = query.where("ref", "=", ref);
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
  const runs = await runsAt(
    queries,
    slug,
    shown.map(({ sha }) => sha),
  );
  const last = shown.at(-1);
  return {
    commits: shown.map((row) => ({
      sha: row.sha,
      subject: subjectOf(row.message),
      author: row.author_name,
      committed_at: row.committed_at,
      ref: row.ref,
      runs: runs.get(row.sha) ?? [],
    })),
    older: rows.length > PAGE_ROWS && last ? `${last.committed_at}.${last.sha}` : undefined,
  };
}

async function runsAt(
  queries: Queries,
  slug: string,
  shas: readonly string[],
): Promise<Map<string, { id: string; state: RunState }[]>> {
  const bySha = new Map<string, { id: string; state: RunState }[]>();
  if (shas.length === 0) return bySha;
  const rows = await queries
    .selectFrom("run_commits")
    .innerJoin("runs", "runs.id", "run_commits.run")
    .select(["run_commits.sha", "runs.id", "runs.state"])
    .where("run_commits.project", "=", slug)
    .where("run_commits.sha", "in", shas)
    .orderBy("runs.created_at", "desc")
    .execute();
  for (const { sha, id, state } of rows) {
    bySha.set(sha, [...(bySha.get(sha) ?? []), { id, state }]);
  }
  return bySha;
}

/** Branches and tags that commits were last seen on, by name. */
export async function refsOf(queries: Queries, slug: string): Promise<string[]> {
  const rows = await queries
    .selectFrom("commits")
    .select("ref")
    .distinct()
    .where("project", "=", slug)
    .where("ref", "is not", null)
    .orderBy("ref")
    .limit(500)
    .execute();
  return rows.map(({ ref }) => ref!);
}

export function commitOf(queries: Queries, slug: string, sha: string) {
  return queries
    .selectFrom("commits")
    .selectAll()
    .where("project", "=", slug)
    .where("sha", "=", sha)
    .executeTakeFirst();
}

/** Runs of a project, newest first; those at one commit, or those under way alone. */
export async function runsOf(
  queries: Queries,
  slug: string,
  options: {
    sha?: string;
    underWay?: boolean;
    before?: readonly [number, string] | undefined;
  } = {},
): Promise<{ runs: ListedRun[]; older: string | undefined }> {
  let query = queries
    .selectFrom("runs")
    .select(LISTED)
    .where("project", "=", slug)
    .where("kind", "=", "command")
    .orderBy("created_at", "desc")
    .orderBy("id")
    .limit(PAGE_ROWS + 1);
  const { sha, underWay, before } = options;
  if (underWay) query = query.where("ended_at", "is", null);
  if (sha !== undefined) {
    query = query.where("id", "in", (from) =>
      from
        .selectFrom("run_commits")
        .select("run")
        .where("run_commits.project", "=", slug)
        .where("run_commits.sha", "=", sha),
    );
  }
  if (before) {
    const [at, id] = before;
    query = query.where((where) =>
      where.or([
        where("created_at", "<", at),
        where.and([where("created_at", "=", at), where("id", ">", id)]),
      ]),
    );
  }
  const rows = await query.execute();
  const runs = rows.slice(0, PAGE_ROWS).map((row) => ({
    ...row,
    trigger: row.trigger ?? "",
    title: row.title ?? "",
  }));
  const last = runs.at(-1);
  const older = rows.length > PAGE_ROWS && last ? `${last.created_at}.${last.id}` : undefined;
  return { runs, older };
}

export interface ShownRun {
  row: RunRow;
  /** Of its whole life: how it waited, woke and ran. */
  happenings: { at: number; attempt: number; body: string }[];
  /** The last attempt's own, output among them. */
  events: { at: number; body: string }[];
  commits: { sha: string; subject: string | undefined }[];
  delivery: string | undefined;
  /** Whether an earlier run of its lane has to end first. */
  behind: boolean;
}

export async function runOf(
  queries: Queries,
  slug: string,
  id: string,
): Promise<ShownRun | undefined> {
  const row = await queries
    .selectFrom("runs")
    .selectAll()
    .where("id", "=", id)
    .where("project", "=", slug)
    .where("kind", "=", "command")
    .executeTakeFirst();
  if (!row) return undefined;
  const events = await queries
    .selectFrom("events")
    .select(["at", "attempt", "body"])
    .where("run", "=", id)
    .orderBy("id")
    .execute();
  const commits = await queries
    .selectFrom("run_commits")
    .leftJoin("commits", (join) =>
      join
        .onRef("commits.sha", "=", "run_commits.sha")
        .onRef("commits.project", "=", "run_commits.project"),
    )
    .select(["run_commits.sha", "commits.message"])
    .where("run_commits.run", "=", id)
    .orderBy("run_commits.position")
    .execute();
  const delivery = await queries
    .selectFrom("deliveries")
    .select("id")
    .where("project", "=", slug)
    .where("run", "=", id)
    .where("outcome", "=", "run")
    .executeTakeFirst();
  return {
    row,
    happenings: events.filter(({ body }) => !/^\{"type":"(output|step_)/.test(body)),
    events: events.filter(({ attempt }) => attempt === row.attempt),
    commits: commits.map(({ sha, message }) => ({
      sha,
      subject: message === null ? undefined : subjectOf(message),
    })),
    delivery: delivery?.id,
    behind: await isBehind(queries, row),
  };
}

async function isBehind(queries: Queries, row: RunRow): Promise<boolean> {
  if (row.lane === null || row.state !== "queued") return false;
  const earlier = await queries
    .selectFrom("runs")
    .select("id")
    .where("lane", "=", row.lane)
    .where("lane_number", "<", row.lane_number)
    .where("ended_at", "is", null)
    .executeTakeFirst();
  return earlier !== undefined;
}

export type ListedDelivery = Omit<DeliveriesTable, "body" | "headers" | "body_digest">;

export async function deliveriesOf(
  queries: Queries,
  slug: string,
  before?: number,
): Promise<{ deliveries: ListedDelivery[]; older: string | undefined }> {
  let query = queries
    .selectFrom("deliveries")
    .select(["id", "number", "project", "provider", "event", "delivery_id", "received_at"])
    .select(["outcome", "detail", "run", "replay_of"])
    .where("project", "=", slug)
    .orderBy("number", "desc")
    .limit(PAGE_ROWS + 1);
  if (before !== undefined) query = query.where("number", "<", before);
  const rows = await query.execute();
  const deliveries = rows.slice(0, PAGE_ROWS);
  const older = rows.length > PAGE_ROWS ? String(deliveries.at(-1)!.number) : undefined;
  return { deliveries, older };
}

export function deliveryOf(
  queries: Queries,
  slug: string,
  id: string,
): Promise<Tables["deliveries"] | undefined> {
  return queries
    .selectFrom("deliveries")
    .selectAll()
    .where("project", "=", slug)
    .where("id", "=", id)
    .executeTakeFirst();
}

/** The newest run that ended, of those a branch is judged by: not what a person tried out there. */
export function lastEnded(queries: Queries, slug: string, ref: string | undefined) {
  let query = queries
    .selectFrom("runs")
    .select(["id", "state"])
    .where("project", "=", slug)
    .where("kind", "=", "command")
    .where("trigger", "in", ["push", "schedule", "replay"])
    .where("ended_at", "is not", null)
    .where("state", "<>", "canceled")
    .orderBy("created_at", "desc")
    .limit(1);
  if (ref !== undefined) query = query.where("ref", "=", ref);
  return query.executeTakeFirst();
}

export interface FeedRun extends ListedRun {
  ended_at: number;
  author: string | undefined;
  reason: string | undefined;
}

/** The last runs that ended. */
export async function endedRuns(queries: Queries, slug: string): Promise<FeedRun[]> {
  const rows = await queries
    .selectFrom("runs")
    .leftJoin("run_commits", (join) =>
      join.onRef("run_commits.run", "=", "runs.id").on("run_commits.position", "=", 0),
    )
    .leftJoin("commits", (join) =>
      join
        .onRef("commits.sha", "=", "run_commits.sha")
        .onRef("commits.project", "=", "run_commits.project"),
    )
    .select(LISTED.map((name) => `runs.${name}` as const))
    .select(["runs.ending", "commits.author_name"])
    .where("runs.project", "=", slug)
    .where("runs.kind", "=", "command")
    .where("runs.ended_at", "is not", null)
    .orderBy("runs.created_at", "desc")
    .limit(50)
    .execute();
  return rows.map(({ ending, author_name, ...row }) => ({
    ...row,
    trigger: row.trigger ?? "",
    title: row.title ?? "",
    ended_at: row.ended_at!,
    author: author_name ?? undefined,
    reason: (JSON.parse(ending!) as { reason: { message: string } | null }).reason?.message,
  }));
}

export function subjectOf(message: string): string {
  return message.split("\n", 1)[0]!.trim() || "(no message)";
}
