import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sql } from "kysely";
import { expect, onTestFinished, test } from "vitest";
import { explainStartError } from "../../../cli/serve/start-errors.ts";
import { openSqlite } from "../../../server/database/sqlite.ts";
import { readSettings } from "../../../server/settings/settings.ts";
import { MIGRATIONS } from "../../../server/database/migrate.ts";
import { NEXT_RELEASE } from "./next-release.ts";

async function newFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deferred-migrations-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, "deferred.db");
}

function change(file: string, ...statements: string[]): void {
  const database = new DatabaseSync(file);
  for (const statement of statements) database.exec(statement);
  database.close();
}

function schemaOf(file: string): unknown[] {
  const database = new DatabaseSync(file);
  const rows = database.prepare("select name, sql from sqlite_schema order by name").all();
  database.close();
  return rows;
}

const explained = async (opened: Promise<unknown>) => {
  const error: unknown = await opened.catch((thrown: unknown) => thrown);
  return explainStartError(error, readSettings({ DEFERRED_DATA: "/d" }));
};

test("a release with more migrations brings the database to its own schema, and keeps what is in it", async () => {
  const file = await newFile();
  const before = await openSqlite(file);
  await before.queries.insertInto("projects").values({ slug: "o/p", created_at: 1 }).execute();
  const block = { project: "o/p", jti: "1", revoked_at: 1 };
  await before.queries.insertInto("revoked_blocks").values(block).execute();
  await before.close();
  const after = await openSqlite(file, { migrations: NEXT_RELEASE });
  onTestFinished(() => after.close());
  const { rows } = await sql`select slug, motto from projects`.execute(after.queries);
  expect(rows).toEqual([{ slug: "o/p", motto: "of o/p" }]);
  const { queries } = after;
  expect(await queries.selectFrom("revoked_blocks").selectAll().execute()).toEqual([block]);
  const stray = queries.insertInto("revoked_blocks").values({ ...block, project: "o/none" });
  await expect(stray.execute()).rejects.toThrow(/FOREIGN KEY/);
});

test("blocks that ran before they were counted have their counts and their titles", async () => {
  const file = await newFile();
  const all = Object.entries(MIGRATIONS);
  const before = all.slice(
    0,
    all.findIndex(([name]) => name.endsWith("-block-counts")),
  );
  await (await openSqlite(file, { migrations: Object.fromEntries(before) })).close();
  const token = (claims: object) =>
    `h.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.s`;
  const block = (id: string, claims: object) =>
    `insert into registered_blocks (project, id, digest, token, code, parts, created_at)
     values ('o/p', '${id}', 'of-${id}', '${token(claims)}', 'print(1)', '{}', 1)`;
  const run = (id: string, state: string, at: number) =>
    `insert into runs (id, project, pool, state, work, block_digest, code_digest, inputs_digest, runtime, attempt,
       max_attempts, repeatable, created_at, available_at, last_batch, last_event)
     values ('${id}', 'o/p', 'shared', '${state}', '{}', 'of-a', '', '', 'python', 1, 3, 1, ${at}, 1, 0, 1)`;
  change(
    file,
    "insert into projects (slug, created_at) values ('o/p', 1)",
    block("a", { runtime: "python", title: " Sum " }),
    block("b", { runtime: "bash" }),
    ...[run("1", "succeeded", 2), run("2", "failed", 3), run("3", "canceled", 4)],
  );
  const after = await openSqlite(file);
  onTestFinished(() => after.close());
  const counts = ["id", "title", "runtime", "runs", "failures", "last_run_at"] as const;
  expect(
    await after.queries.selectFrom("registered_blocks").select(counts).orderBy("id").execute(),
  ).toEqual([
    { id: "a", title: "Sum", runtime: "python", runs: 3, failures: 1, last_run_at: 4 },
    { id: "b", title: "print(1)", runtime: "bash", runs: 0, failures: 0, last_run_at: 0 },
  ]);
  const { trigger, title } = await after.queries
    .selectFrom("runs")
    .select(["trigger", "title"])
    .where("id", "=", "2")
    .executeTakeFirstOrThrow();
  expect({ trigger, title }).toEqual({ trigger: "reader", title: "Sum" });
});

test("a migration that fails changes nothing, and leaves a database that opens", async () => {
  const file = await newFile();
  await (await openSqlite(file)).close();
  const before = schemaOf(file);
  const failing = {
    ...NEXT_RELEASE,
    "901-fails": { up: () => Promise.reject(new Error("it does not work")) },
  };
  await expect(openSqlite(file, { migrations: failing })).rejects.toMatchObject({
    cause: expect.objectContaining({ message: "it does not work" }) as Error,
  });
  expect(schemaOf(file)).toEqual(before);
  await (await openSqlite(file)).close();
});

test("a database of a newer release is refused, unchanged, with what to do", async () => {
  const file = await newFile();
  await (await openSqlite(file, { migrations: NEXT_RELEASE })).close();
  const before = schemaOf(file);
  expect(await explained(openSqlite(file))).toMatchObject({
    message: "the data folder /d is of a newer release than this one",
    hint: expect.stringContaining("start that release") as string,
  });
  expect(schemaOf(file)).toEqual(before);
});

test.each([
  [
    "made whole",
    [
      "create table facts (name text primary key, value text not null)",
      "create table kysely_migration (name varchar(255) primary key, timestamp varchar(255))",
      "insert into kysely_migration values ('001-first', '2026-01-01T00:00:00.000Z')",
      "insert into kysely_migration values ('014-announced', '2026-01-01T00:00:00.001Z')",
    ],
  ],
  [
    "killed in its first start",
    [
      "create table kysely_migration (name varchar(255) primary key, timestamp varchar(255))",
      "create table facts (name text primary key, value text not null)",
    ],
  ],
])("a database of a pre-release, %s, is refused, unchanged, with what to do", async (_, made) => {
  const file = await newFile();
  change(file, ...made);
  const before = schemaOf(file);
  expect(await explained(openSqlite(file))).toMatchObject({
    message: "the data folder /d was made by a pre-release",
    hint: expect.stringContaining("move its deferred.db* away") as string,
  });
  expect(schemaOf(file)).toEqual(before);
});
