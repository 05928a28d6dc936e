import { expect, test } from "vitest";
import { pagePaths, paths } from "../../../../protocol/paths.ts";
import { newMachine } from "../../../../server/fleet/machines.ts";
import { startPushedProject } from "../../pushed-project.ts";
import { codeOf } from "../../system.ts";
import { DAY, folderOfTest, later, TABLES, usedFolder } from "./used-folder.ts";

test("a project's runs, deliveries and notices go together, and its badge keeps its last state", async () => {
  const root = await folderOfTest();
  const env = { DEFERRED_DATA: root };
  const project = await startPushedProject({ env, settings: { public: true } });
  await project.pushAndRun({ subject: "One" }, 0);
  const { run } = await project.pushAndRun({ subject: "Two" }, 1);
  await project.pushAndRun({ subject: "Elsewhere", branch: "next" }, 0);
  const badge = async (of: Pick<typeof project, "call" | "slug">, branch: string) =>
    (await of.call("GET", `${pagePaths.badge(of.slug)}?branch=${branch}`)).text();
  expect(await badge(project, "main")).toContain("failed");
  await project.close();

  const late = await later(root, 31);
  await late.sweep();
  expect(late.failed).toEqual([]);
  expect(await late.counts()).toEqual(Object.fromEntries(TABLES.map((name) => [name, 0])));
  expect(await late.object(`private/${run}/result.json`)).toBe(false);
  await late.close();

  const again = await startPushedProject({ env });
  expect(await badge(again, "main")).toContain("failed");
  expect(await badge(again, "next")).toContain("succeeded");
  expect(await badge(again, "none")).toContain("no runs");
  const gone = await again.call("GET", paths.run(run), undefined, again.owner);
  expect(await codeOf(gone)).toBe("run_expired");
});

test("machines go with what they ran, but for those that tell how long a wake takes", async () => {
  const root = await folderOfTest();
  const { database, sweep, failed, close } = await later(root, 0);
  const at = Date.now() - 60 * DAY;
  await database.queries.insertInto("projects").values({ slug: "a/a", created_at: 0 }).execute();
  for (let number = 0; number < 60; number++) {
    const launchId = `m${number}`;
    const now = at + number;
    const of = { pool: "shared", project: "a/a", compute: "local", slots: 1 };
    await database.queries
      .insertInto("machines")
      .values({ ...newMachine({ ...of, launchId, now }), state: "gone", ended_at: now + 1 })
      .execute();
    await database.queries
      .insertInto("wakes")
      .values({
        ...{ machine: launchId, number: 1, pool: "shared", project: "a/a", how: "launch" },
        ...{ hinted: 0, requested_at: now, registered_at: now, ended_at: now + 1, counted: 1 },
        ...{ reason: null, detail: null },
      })
      .execute();
  }
  await sweep();
  const left = await database.queries.selectFrom("machines").select("launch_id").execute();
  expect(failed).toEqual([]);
  expect(left.map(({ launch_id }) => launch_id).toSorted()).toEqual(
    Array.from({ length: 50 }, (_, index) => `m${index + 10}`).toSorted(),
  );
  await close();
});

test("a machine, a session or a run that lives stays, however old it is", async () => {
  const { root, waiting } = await usedFolder();
  const late = await later(root, 3650);
  await late.sweep();
  await late.sweep();
  expect(await late.database.queries.selectFrom("runs").select("id").execute()).toEqual([
    { id: waiting },
  ]);
  expect(late.failed).toEqual([]);
  await late.close();
});

test("a commit goes with the last run that is about it, and one that is seen again stays", async () => {
  const root = await folderOfTest();
  const project = await startPushedProject({ env: { DEFERRED_DATA: root } });
  const { sha } = await project.pushAndRun({ subject: "One" }, 0);
  const { sha: waits } = await project.push({ subject: "Two" });
  await project.close();
  const shas = async (days: number) => {
    const { database, sweep, failed, close } = await later(root, days);
    await sweep();
    const rows = await database.queries.selectFrom("commits").select("sha").execute();
    expect(failed).toEqual([]);
    await close();
    return rows.map((row) => row.sha).toSorted();
  };
  expect(await shas(29)).toEqual([sha, waits].toSorted());
  expect(await shas(31)).toEqual([waits]);
  expect(await shas(3650)).toEqual([waits]);
});
