import { fromJson } from "../database/json.ts";
import type { RunState } from "../../protocol/run.ts";
import type { Queries } from "../database/database.ts";
import { plainOutput } from "../../protocol/terminal-pieces.ts";
import { lastKept } from "../runs/last-states.ts";
import { failedStep, failingLines, lineId, loggedSteps } from "../runs/log-steps.ts";
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
 * step, the output after the last one. `line` is the address of the failing line within the run's page.
 */
export async function lastWords(
  queries: Queries,
  row: RunRow,
): Promise<{ step: string | undefined; output: string; line: string | undefined }> {
  const events = await queries
    .selectFrom("events")
    .select(["at", "body"])
    .where("run", "=", row.id)
    .where("attempt", "=", row.attempt)
    .orderBy("id")
    .execute();
  const steps = loggedSteps(events.map(({ at, body }) => ({ at, event: fromJson(body) })));
  const after = steps.findLast(
    ({ kind }, index) => kind === "outside" && index === steps.length - 1,
  );
  const step = steps[failedStep(steps, row.state)] ?? after;
  const lines = step?.lines.map(({ raw }) => plainOutput(raw)) ?? [];
  const failing = failingLines(steps, row.state);
  return {
    step: step?.kind === "outside" ? undefined : step?.name,
    output: lines.slice(-LAST_LINES).join("\n").trimEnd().slice(-LAST_CHARACTERS),
    line: failing && lineId(failing.index, failing.line.number),
  };
}
