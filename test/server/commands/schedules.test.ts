import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { keepCheckout } from "../../../server/commands/checkout.ts";
import { createCommands } from "../../../server/commands/commands.ts";
import { createSchedules, keepSchedules } from "../../../server/commands/schedules.ts";
import { submitCommand } from "../../../server/commands/submit.ts";
import { openSqlite } from "../../../server/database/sqlite.ts";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { createFeed } from "../../../server/runs/feed.ts";

const MAIN = "refs/heads/main";
const HOUR = 60 * 60_000;
const noon = Date.UTC(2026, 2, 1, 12);

/** One project's schedule by a clock that the test sets; `restart` is what a server's crash leaves. */
async function played(...crons: string[]) {
  const root = await mkdtemp(join(tmpdir(), "deferred-schedules-"));
  let database = await openSqlite(join(root, "data.sqlite"));
  const clock = { at: noon };
  const queue = { full: false };
  const now = () => clock.at;
  const log = pino({ level: "silent" });
  onTestFinished(async () => {
    await database.close();
    await rm(root, { recursive: true, force: true });
  });
  const open = () => {
    const commands = createCommands({
      database,
      addresses: { url: "http://runner.example", resultsUrl: "http://runner.example" },
      feed: createFeed(),
      now,
      runs: { apply: async () => undefined },
      onDemand: () => {},
      onChanged: () => {},
      checkQueue: async () => {
        if (queue.full) throw new ApiError("project_queue_full");
      },
    });
    return createSchedules({ database, commands, now, log });
  };
  let schedules = open();
  await database.queries
    .insertInto("projects")
    .values({
      slug: "o/p",
      created_at: noon,
      repository: "https://git.example/o/p.git",
      default_branch: "main",
      removed_at: null,
    })
    .execute();
  const set = (...of: string[]) =>
    database.write((trx) =>
      keepSchedules(
        trx,
        "o/p",
        of.map((cron) => ({ cron })),
        now(),
      ),
    );
  await set(...crons);
  return {
    clock,
    queue,
    set,
    database,
    /** A run at a commit of `main` is checked out, and the file there names `of`. */
    async ranAt(commit: string, trigger: "push" | "replay" | "exec" | "schedule", ...of: string[]) {
      clock.at += 1000;
      const revision = { of: "commit", commit, ref: MAIN } as const;
      const order = { trigger, revision, task: { do: "file" }, title: commit, ref: MAIN } as const;
      await database.write(async (trx) => {
        const run = await submitCommand(trx, { ...order, project: "o/p", stranger: false }, now());
        const schedule = of.map((cron) => ({ cron }));
        const facts = {
          message: "The subject",
          author_name: "",
          author_email: "",
          committed_at: "",
        };
        const commits = [{ sha: commit, ...facts }];
        const found = { attempt: 1, commits, ref: MAIN, default_branch: "main", schedule };
        await keepCheckout(trx, run, found, now());
      });
      const rows = await database.queries.selectFrom("schedules").select("cron").execute();
      return rows.map(({ cron }) => cron);
    },
    async pass(ms: number, stepMs = HOUR / 4) {
      const until = clock.at + ms;
      while (clock.at < until) {
        clock.at = Math.min(clock.at + stepMs, until);
        await schedules.tick();
      }
    },
    tick: () => schedules.tick(),
    async restart() {
      await database.close();
      database = await openSqlite(join(root, "data.sqlite"));
      schedules = open();
    },
    async runs() {
      const rows = await database.queries
        .selectFrom("runs")
        .select(["created_at", "trigger", "title", "work", "ref"])
        .orderBy("created_at")
        .execute();
      return rows.map((row) => ({
        ...row,
        at: new Date(row.created_at).toISOString().slice(11, 16),
      }));
    },
  };
}

test("a run is made at each time that a schedule names, in UTC, at the default branch", async () => {
  const stage = await played("30 */2 * * *");
  await stage.pass(6 * HOUR);
  const runs = await stage.runs();
  expect(runs.map(({ at }) => at)).toEqual(["12:30", "14:30", "16:30"]);
  expect(runs[0]).toMatchObject({ trigger: "schedule", ref: "refs/heads/main" });
  expect(JSON.parse(runs[0]!.work)).toMatchObject({
    revision: { of: "ref", ref: "refs/heads/main" },
    task: { do: "file", schedule: 0, cron: "30 */2 * * *" },
    stranger: false,
  });
});

test("however many look at once, and whenever the server ends, each time gives one run", async () => {
  const stage = await played("0 * * * *", "0 * * * *");
  stage.clock.at = noon + HOUR;
  await Promise.all([stage.tick(), stage.tick(), stage.tick()]);
  await stage.restart();
  await stage.tick();
  expect((await stage.runs()).map(({ at }) => at)).toEqual(["13:00", "13:00"]);
});

test("times that passed while no server ran count as one", async () => {
  const stage = await played("0 * * * *");
  await stage.restart();
  stage.clock.at = noon + 30 * HOUR + 60_000;
  await stage.tick();
  await stage.tick();
  expect(await stage.runs()).toHaveLength(1);
  await stage.pass(HOUR);
  expect(await stage.runs()).toHaveLength(2);
});

test("times that come while the queue is full count as one, once there is room", async () => {
  const stage = await played("0 * * * *");
  stage.queue.full = true;
  await stage.pass(3 * HOUR);
  expect(await stage.runs()).toEqual([]);
  stage.queue.full = false;
  await stage.tick();
  expect(await stage.runs()).toEqual([]);
  await stage.pass(HOUR / 2, HOUR / 60);
  expect((await stage.runs()).map(({ at }) => at)).toEqual(["15:01"]);
});

test("a clock that is set back repeats nothing, and one that was far astray stops nothing for long", async () => {
  const stage = await played("0 * * * *");
  await stage.pass(HOUR);
  stage.clock.at -= HOUR / 2;
  await stage.pass(HOUR / 2);
  expect((await stage.runs()).map(({ at }) => at)).toEqual(["13:00"]);
  stage.clock.at += 400 * 24 * HOUR;
  await stage.tick();
  stage.clock.at -= 400 * 24 * HOUR;
  await stage.tick();
  expect(await stage.runs()).toHaveLength(2);
  await stage.pass(HOUR);
  expect(await stage.runs()).toHaveLength(3);
});

test("a schedule that did not change keeps its next time; what is gone from the file makes no more runs", async () => {
  const stage = await played("0 * * * *", "30 * * * *");
  stage.clock.at = noon + HOUR + 1000;
  // The checkout of a push reports the same file, just after a time that nobody has looked at yet.
  await stage.set("0 * * * *");
  await stage.tick();
  expect((await stage.runs()).map(({ at }) => at)).toEqual(["13:00"]);
  await stage.pass(HOUR - 2000);
  expect(await stage.runs()).toHaveLength(1);
});

test("a project that was removed, or has no repository, is left alone", async () => {
  const stage = await played("0 * * * *");
  await stage.database.queries.updateTable("projects").set({ repository: null }).execute();
  await stage.pass(3 * HOUR);
  expect(await stage.runs()).toEqual([]);
});

test("what no rule of five fields is makes no run", async () => {
  const stage = await played("every day", "* * * * * *", "61 * * * *", "0 0 31 2 *");
  await stage.pass(2 * HOUR);
  expect(await stage.runs()).toEqual([]);
});

test("the schedule is the newest push's, whatever commit runs again after it", async () => {
  const stage = await played();
  const [old, tip] = ["a".repeat(40), "b".repeat(40)];
  expect(await stage.ranAt(old, "push", "0 1 * * *")).toEqual(["0 1 * * *"]);
  expect(await stage.ranAt(tip, "push", "0 2 * * *")).toEqual(["0 2 * * *"]);
  for (const trigger of ["replay", "exec"] as const) {
    expect(await stage.ranAt(old, trigger, "0 1 * * *")).toEqual(["0 2 * * *"]);
  }
  expect(await stage.ranAt(tip, "replay")).toEqual([]);
  // The branch went back by force.
  expect(await stage.ranAt(old, "push", "0 1 * * *")).toEqual(["0 1 * * *"]);
});

test("a scheduled run keeps its name once its commit is known; a push takes the commit's", async () => {
  const { ranAt, runs } = await played();
  await ranAt("a".repeat(40), "schedule");
  await ranAt("b".repeat(40), "push");
  expect((await runs()).map(({ title }) => title)).toEqual(["a".repeat(40), "The subject"]);
});
