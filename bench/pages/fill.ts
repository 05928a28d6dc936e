import { createHash } from "node:crypto";
import type { EventBody } from "../../protocol/events.ts";
import type { Ending, RunState } from "../../protocol/run.ts";
import type { Trx } from "../../server/database/database.ts";
import { toJson } from "../../server/database/json.ts";
import { openSqlite } from "../../server/database/sqlite.ts";
import { fillForOperator } from "./fill-operator.ts";

const DAY_MS = 86_400_000;
const ROWS_AT_ONCE = 500;
const AUTHORS = ["Ada Author", "Grace Hopper", "Linus T.", "Barbara Liskov", "Edsger D."];
const WORDS = "Read cache check retry bound limit token page list index merge parse write".split(
  " ",
);

export interface Filled {
  slug: string;
  /** The newest run, which failed with a long log. */
  run: string;
  sha: string;
  /** A machine that is awake. */
  machine: string;
}

/** Years of a busy server: one project with `runs` runs, each of a commit of its own, and `projects` others. */
export async function fillDatabase(
  file: string,
  { runs, projects, now }: { runs: number; projects: number; now: number },
): Promise<Filled> {
  const database = await openSqlite(file);
  const slug = "acme/large";
  let machine = "";
  await database.write(async (trx) => {
    await insertProject(trx, slug, now);
    for (let from = 0; from < runs; from += ROWS_AT_ONCE) {
      const rows = Array.from({ length: Math.min(ROWS_AT_ONCE, runs - from) }, (_, index) =>
        madeRun(slug, runs - from - index - 1, runs, now),
      );
      await insertRuns(trx, rows);
    }
    for (let index = 0; index < projects; index++) {
      const other = `team-${index % 9}/service-${index}`;
      await insertProject(trx, other, now);
      await insertRuns(
        trx,
        Array.from({ length: 25 }, (_, age) => madeRun(other, age, 1000 + index * 40, now)),
      );
    }
    const log = logOf(20, 400);
    await trx
      .insertInto("events")
      .values(
        log.map((body, index) => ({
          ...{ run: idOf(slug, 0), id: index + 1, at: now - 60_000 + index, attempt: 1 },
          body: toJson(body),
        })),
      )
      .execute();
    await countDays(trx);
    const size = { machines: Math.ceil(runs / 50), entries: Math.ceil(runs / 5) };
    machine = await fillForOperator(trx, { slug, ...size, now });
  });
  await database.close();
  return { slug, run: idOf(slug, 0), sha: shaOf(slug, 0), machine };
}

async function insertProject(trx: Trx, slug: string, now: number): Promise<void> {
  await trx
    .insertInto("projects")
    .values({
      ...{ slug, created_at: now - 365 * DAY_MS, default_branch: "main" },
      repository: `https://github.com/${slug}.git`,
    })
    .execute();
}

async function countDays(trx: Trx): Promise<void> {
  const rows = await trx
    .selectFrom("runs")
    .select(["project", "created_at", "state"])
    .where("kind", "=", "command")
    .execute();
  const days = new Map<
    string,
    { project: string; day: number; succeeded: number; failed: number }
  >();
  for (const { project, created_at, state } of rows) {
    const day = Math.floor(created_at / DAY_MS);
    const key = `${project} ${day}`;
    const count = days.get(key) ?? { project, day, succeeded: 0, failed: 0 };
    count[state === "succeeded" ? "succeeded" : "failed"]++;
    days.set(key, count);
  }
  const values = [...days.values()];
  for (let from = 0; from < values.length; from += ROWS_AT_ONCE) {
    const some = values.slice(from, from + ROWS_AT_ONCE);
    await trx.insertInto("run_days").values(some).execute();
  }
}

type Made = ReturnType<typeof madeRun>;

function madeRun(slug: string, age: number, of: number, now: number) {
  const at = now - 60_000 - Math.floor((age / of) * 90 * DAY_MS);
  const state: RunState = age % 7 === 0 ? "failed" : age % 41 === 0 ? "timed_out" : "succeeded";
  const ranS = 20 + ((age * 37) % 300);
  const author = AUTHORS[age % AUTHORS.length]!;
  const title = `${WORDS[age % 13]} the ${WORDS[(age * 5) % 13]} of ${WORDS[(age * 7) % 13]} ${age}`;
  const sha = shaOf(slug, age);
  const ref = age % 4 === 3 ? `refs/heads/feature-${age % 300}` : "refs/heads/main";
  const ending = {
    ...{ state, reason: null, exit_code: state === "failed" ? 1 : 0, signal: null },
    ...{ truncated: { stdout: 0, stderr: 0 }, artifacts: [], attempt: 1, times: { ran_s: ranS } },
  } as unknown as Ending;
  return {
    run: {
      ...{ id: idOf(slug, age), project: slug, pool: `project:${slug}`, kind: "command" as const },
      ...{ state, trigger: age % 11 === 0 ? "schedule" : "push", title, ref, author },
      ...{ commit_sha: sha, ran_ms: ranS * 1000 },
      work: toJson({
        ...{ kind: "command", runtime: "bash", project: slug, trigger: "push", stranger: false },
        ...{ revision: { of: "commit", commit: sha }, task: { do: "file" }, limits: {} },
        padding: "x".repeat(1500),
      } as never),
      ...{ block_digest: "", code_digest: "", inputs_digest: "", runtime: "bash" },
      ...{ attempt: 1, max_attempts: 3, repeatable: 1, last_batch: 0 },
      ...{ created_at: at, available_at: at, started_at: at + 3000 },
      ended_at: at + 3000 + ranS * 1000,
      ...{ last_event: 900, result_written: 1, noticed: state },
      ending: toJson(ending),
    },
    commit: {
      ...{ project: slug, sha, message: `${title}\n\nWhy it was changed.`, author_name: author },
      ...{ author_email: "a@example.org", committed_at: at, ref, seen_at: at },
    },
  };
}

async function insertRuns(trx: Trx, made: readonly Made[]): Promise<void> {
  await trx
    .insertInto("runs")
    .values(made.map(({ run }) => run))
    .execute();
  await trx
    .insertInto("commits")
    .values(made.map(({ commit }) => commit))
    .execute();
  await trx
    .insertInto("commit_refs")
    .values(
      made.map(({ commit: { project, sha, ref, seen_at } }) => ({ project, sha, ref, seen_at })),
    )
    .execute();
  await trx
    .insertInto("run_commits")
    .values(
      made.map(({ run: { id, project, commit_sha } }) => ({
        ...{ run: id, position: 0, project, sha: commit_sha },
      })),
    )
    .execute();
}

/** A run of `steps` steps, each of `lines` lines; the last one fails. */
function logOf(steps: number, lines: number): EventBody[] {
  const events: EventBody[] = [
    { type: "queued" },
    { type: "attempt_started", attempt: 1, max_attempts: 3 },
  ];
  for (let step = 1; step <= steps; step++) {
    events.push({ type: "step_started", step, kind: "command", name: `npm run test:${step}` });
    for (let from = 0; from < lines; from += 40) {
      const text = Array.from(
        { length: 40 },
        (_, line) =>
          `\x1b[32m✔\x1b[0m suite ${step} › case ${from + line} holds what it promises (${(line * 7) % 90} ms)\n`,
      ).join("");
      events.push({ type: "output", stream: "stdout", text });
    }
    if (step === steps) {
      events.push({ type: "output", stream: "stderr", text: "✖ expected 4, got 5\n" });
    }
    const exit_code = step === steps ? 1 : 0;
    events.push({ type: "step_ended", step, exit_code, signal: null, ran_s: 2 });
  }
  return events;
}

function idOf(slug: string, age: number): string {
  return createHash("sha1").update(`run ${slug} ${age}`).digest("hex").slice(0, 26);
}

function shaOf(slug: string, age: number): string {
  return createHash("sha1").update(`commit ${slug} ${age}`).digest("hex");
}
