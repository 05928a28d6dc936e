import { fromJson } from "../database/json.ts";
import type { StepStarted } from "../../protocol/events.ts";
import type { RunState } from "../../protocol/run.ts";
import type { Queries } from "../database/database.ts";
import { plainOutput } from "../../protocol/terminal-pieces.ts";
import { lastKept } from "../runs/last-states.ts";
import { storedCommand, type RunRow } from "../runs/record.ts";

const LAST_LINES = 40;
const LAST_CHARACTERS = 8000;

/** The commit of a run, if it has one. */
export async function commitOfRun(queries: Queries, row: RunRow) {
  const commits = await queries
    .selectFrom("run_commits")
    .leftJoin("commits", (join) =>
      join
        .onRef("commits.sha", "=", "run_commits.sha")
        .onRef("commits.project", "=", "run_commits.project"),
    )
    .select(["run_commits.sha", "commits.author_name", "commits.author_email"])
    .where("run_commits.run", "=", row.id)
    .limit(2)
    .execute();
  return commits.length === 1 ? commits[0] : undefined;
}

export function isStranger(row: RunRow): boolean {
  return storedCommand(row).stranger;
}

/**
 * The commit that the server named when it made the run. A status vouches for a commit, so it never uses a
 * commit that a machine reported.
 */
export function namedCommit(row: RunRow): string | undefined {
  const { revision } = storedCommand(row);
  return revision.of === "commit" ? revision.commit : undefined;
}

/** The end state of the branch's previous run; undefined where there was none. */
export async function stateBefore(queries: Queries, row: RunRow): Promise<RunState | undefined> {
  if (row.ref === null) return undefined;
  const before = await queries
    .selectFrom("runs")
    .select("state")
    .where("project", "=", row.project)
    .where("kind", "=", "command")
    .where("ref", "=", row.ref)
    .where("trigger", "in", ["push", "schedule", "replay"])
    .where("id", "<>", row.id)
    .where("created_at", "<=", row.created_at)
    .where("ended_at", "is not", null)
    .where("state", "<>", "canceled")
    .orderBy("created_at", "desc")
    .orderBy("ended_at", "desc")
    .limit(1)
    .executeTakeFirst();
  return before?.state ?? (await lastKept(queries, row.project, row.ref))?.state;
}

/**
 * The step of the last attempt that failed or was cut off, and its last lines of output; without such a
 * step, the output after the last one.
 */
export async function lastWords(
  queries: Queries,
  row: RunRow,
): Promise<{ step: string | undefined; output: string }> {
  const events = await queries
    .selectFrom("events")
    .select("body")
    .where("run", "=", row.id)
    .where("attempt", "=", row.attempt)
    .orderBy("id")
    .execute();
  interface Part {
    kind?: StepStarted["kind"];
    name?: string;
    output: string;
  }
  const steps = new Map<number, Part>();
  let current: Part = { output: "" };
  let failed: Part | undefined;
  for (const { body } of events) {
    const event = fromJson(body);
    if (event.type === "step_started") {
      current = { kind: event.kind, name: event.name, output: "" };
      steps.set(event.step, current);
    } else if (event.type === "output") {
      current.output = (current.output + event.text).slice(-LAST_CHARACTERS);
    } else if (event.type === "step_ended") {
      const ended = steps.get(event.step);
      // A cache that could not be restored fails no run.
      const counts = event.exit_code !== 0 && event.outcome === undefined;
      if (counts && ended?.kind !== "cache") failed = ended ?? failed;
      current = { output: "" };
    }
  }
  const told = failed ?? current;
  const lines = plainOutput(told.output).trimEnd().split("\n");
  return { step: told.name, output: lines.slice(-LAST_LINES).join("\n").trimEnd() };
}
