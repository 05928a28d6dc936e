import { toJson } from "../../../server/database/json.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { openSqlite } from "../../../server/database/sqlite.ts";
import { createSender } from "../../../server/notices/sender.ts";
import { eventually } from "../../eventually.ts";

const run = {
  kind: "command",
  project: "a/a",
  pool: "project:a/a",
  state: "failed",
  work: toJson({} as never),
  block_digest: "",
  code_digest: "",
  inputs_digest: "",
  run_key: "",
  runtime: "bash",
  attempt: 1,
  max_attempts: 3,
  repeatable: 1,
  lease_until: null,
  started_at: null,
  last_batch: 0,
  last_event: 1,
  ending: toJson({} as never),
  result_written: 1,
  ref: "refs/heads/main",
} as const;
const notice = {
  project: "a/a",
  what: "run.ended",
  hook: null,
  body: "{}",
  sent_at: null,
  answer: null,
};

test("what is new does not wait until all that failed before was tried again", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deferred-sender-"));
  const database = await openSqlite(join(folder, "deferred.db"));
  const now = 100;
  const tried: string[] = [];
  const sender = createSender({
    ...{ database, now: () => now, log: pino({ level: "silent" }) },
    orderedByBranch: ["mail"],
    send: async ({ id, target }) => {
      tried.push(id);
      return { kind: target === "mail" ? "sent" : "again", answer: "" };
    },
  });
  onTestFinished(async () => {
    await sender.close();
    await database.close();
    await rm(folder, { recursive: true });
  });
  await database.write(async (trx) => {
    await trx.insertInto("projects").values({ slug: "a/a", created_at: 0 }).execute();
    for (const at of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
      const id = `r${at}`;
      await trx
        .insertInto("runs")
        .values({ ...run, id, created_at: at, available_at: at, ended_at: at })
        .execute();
      const isNew = at === 9;
      const to = isNew
        ? ({ kind: "mail", target: "mail", tries: 0 } as const)
        : ({ kind: "hook", target: `http://gone-${at}.example`, tries: 1 } as const);
      const times = { created_at: at, next_at: at };
      await trx
        .insertInto("notices")
        .values({ ...notice, ...to, ...times, id: `n${at}`, run: id })
        .execute();
    }
  });
  sender.kick();
  await eventually(async () => tried.length === 9 || undefined);
  expect(tried.slice(0, 4)).toContain("n9");
});
