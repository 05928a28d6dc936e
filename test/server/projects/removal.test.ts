import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { RESTORABLE_S } from "../../../protocol/projects.ts";
import { createSealing } from "../../../server/database/sealing.ts";
import { openSqlite } from "../../../server/database/sqlite.ts";
import { createProjects } from "../../../server/projects/projects.ts";

const SLUG = "ada/app";

test("a removed project can be restored for seven days, and is then purged but for its name", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deferred-"));
  const database = await openSqlite(join(folder, "database.sqlite"));
  onTestFinished(async () => {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });
  let time = Date.UTC(2026, 0, 1);
  const sealing = createSealing("x".repeat(43));
  const addresses = { allowPrivate: false };
  const projects = createProjects({ database, sealing, addresses, now: () => time });
  await projects.create({ slug: SLUG });
  await projects.putSecret(SLUG, "KEY", "value", { kind: "user", id: "1", name: "ada" });
  const { token } = await projects.tokens.create({ project: SLUG, scope: "read" });
  const uses = () => projects.tokens.grantOf(`Bearer ${token}`);

  await projects.remove(SLUG);
  await expect(uses()).rejects.toMatchObject({ code: "token_wrong" });
  expect(await projects.purgeable()).toEqual([]);
  time += RESTORABLE_S * 1000 - 1;
  await projects.restore(SLUG);
  expect(await uses()).toMatchObject({ project: SLUG });
  expect(await projects.secretNames(SLUG)).toMatchObject([{ name: "KEY" }]);

  await projects.remove(SLUG);
  await projects.purge("ada/other");
  time += RESTORABLE_S * 1000;
  await expect(projects.restore(SLUG)).rejects.toMatchObject({ code: "project_purged" });
  expect(await projects.removedProjects()).toEqual([]);
  expect(await projects.purgeable()).toEqual([SLUG]);
  await projects.purge(SLUG);
  expect(await projects.purgeable()).toEqual([]);
  for (const table of ["project_secrets", "hooks", "api_tokens"] as const) {
    const rows = await database.queries.selectFrom(table).selectAll().execute();
    expect([table, rows]).toEqual([table, []]);
  }
  await expect(projects.create({ slug: SLUG })).rejects.toMatchObject({ code: "project_exists" });
});
