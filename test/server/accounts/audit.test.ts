import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import type { AuditEntry } from "../../../protocol/audit.ts";
import { paths } from "../../../protocol/paths.ts";
import type { RunCreated, RunView } from "../../../protocol/run.ts";
import { openSqlite } from "../../../server/database/sqlite.ts";
import { createRetention } from "../../../server/operate/retention/retention.ts";
import { createFsStorage } from "../../../server/storage/fs.ts";
import { makeProject, SLUG } from "../projects/project.ts";
import { codeOf, startSystem } from "../system.ts";
import { makeToken } from "./make-token.ts";

async function startAudited() {
  const system = await startSystem();
  const { call: byOwner } = await makeProject(system);
  const ci = await makeToken(system, { project: SLUG, scope: "run", name: "CI" });
  const admin = await makeToken(system, { project: SLUG, scope: "admin" });
  const by = (token: string) => (method: string, path: string, body?: unknown) =>
    system.call(method, path, body, { authorization: `Bearer ${token}` });
  const entries = async (query = "", call = byOwner) => {
    const response = await call("GET", paths.audit + query);
    if (response.status !== 200) throw new Error(await response.text());
    return (await response.json()) as { entries: AuditEntry[]; older?: number };
  };
  return { system, byOwner, ci, admin, byCi: by(ci.token), byAdmin: by(admin.token), entries };
}

test("what a token changes is recorded with who, what, and what came of it; reads and bodies are not", async () => {
  const { byOwner, ci, byCi, byAdmin, admin, entries } = await startAudited();
  const started = await byCi("POST", paths.projectRuns(SLUG), {});
  const { id } = (await started.json()) as RunCreated;
  await byCi("DELETE", paths.run(id));
  await byAdmin("PUT", paths.secret(SLUG, "DEPLOY"), { value: "the-secret-value" });
  await byAdmin("GET", `${paths.project(SLUG)}?hook_secret=1`);
  await byAdmin("PATCH", paths.project(SLUG), { nonsense: true });
  const settings = { public: false, watchers: ["watcher@example.org"] };
  await byAdmin("PATCH", paths.project(SLUG), { settings, github_token: "ghp_secret" });
  // Refused for its scope, before anything could change.
  await byCi("PUT", paths.secret(SLUG, "DEPLOY"), { value: "x" });
  await byOwner("DELETE", paths.token(ci.id));

  const { entries: all } = await entries();
  expect(JSON.stringify(all)).not.toMatch(/the-secret-value|watcher@|ghp_secret/);
  const changed = all.find(({ detail }) => detail !== null);
  expect(changed?.detail).toBe("settings public, watchers; github_token");
  const view = (await (await byOwner("GET", paths.run(id))).json()) as RunView;
  const by = { kind: "token", id: ci.id, name: "CI" };
  expect(view.command).toMatchObject({ started_by: by, canceled_by: by });
  expect(
    all.map((entry) => [entry.actor, entry.project, entry.action, entry.status, entry.location]),
  ).toEqual([
    ["owner", SLUG, "DELETE /v1/tokens/{id}", 204, null],
    [admin.id, SLUG, "PATCH /v1/projects/{owner}/{name}", 200, null],
    [admin.id, SLUG, "PATCH /v1/projects/{owner}/{name}", 422, null],
    [admin.id, SLUG, "PUT /v1/projects/{owner}/{name}/secrets/{secret}", 204, null],
    [ci.id, SLUG, "DELETE /v1/runs/{id}", 200, null],
    [ci.id, SLUG, "POST /v1/projects/{owner}/{name}/runs", 202, paths.run(id)],
    ["owner", SLUG, "POST /v1/tokens", 201, paths.token(admin.id)],
    ["owner", SLUG, "POST /v1/tokens", 201, paths.token(ci.id)],
    ["owner", SLUG, "POST /v1/projects", 201, paths.project(SLUG)],
  ]);
  const canceled = all.find(({ action }) => action === "DELETE /v1/runs/{id}");
  expect(canceled).toMatchObject({ actor_name: "CI", path: paths.run(id) });
});

test("an admin sees one project's entries; filters and pages lose none", async () => {
  const { byOwner, byAdmin, byCi, admin, entries } = await startAudited();
  for (const name of ["A", "B", "C"])
    await byAdmin("PUT", paths.secret(SLUG, name), { value: "x" });
  const all = await entries("", byAdmin);
  const last = (found: { entries: AuditEntry[] }) => found.entries.map(({ path }) => path.at(-1));
  // The tokens and the project are the owner's calls about it.
  expect(last(all)).toEqual(["C", "B", "A", "s", "s", "s"]);
  const first = await entries("?limit=4", byAdmin);
  expect(last(first)).toEqual(["C", "B", "A", "s"]);
  const second = await entries(`?limit=4&before=${first.older}`, byAdmin);
  expect([...first.entries, ...second.entries]).toEqual(all.entries);
  expect(second.older).toBeUndefined();
  expect(last(await entries("?action=/secrets/B", byAdmin))).toEqual(["B"]);
  expect(last(await entries("?action=PUT&since=2020-01-01", byAdmin))).toEqual(["C", "B", "A"]);
  expect(last(await entries("?until=2020-01-01T00:00:00Z", byAdmin))).toEqual([]);
  expect(await codeOf(await byAdmin("GET", `${paths.audit}?since=yesterday`))).toBe(
    "query_invalid",
  );
  expect(last(await entries(`?actor=${admin.id}`))).toEqual(["C", "B", "A"]);
  // By a part of a name, in any case; an id finds nobody else, and addresses only the server's owner.
  expect(last(await entries("?actor=cI"))).toEqual([]);
  await byCi("POST", paths.projectRuns(SLUG), {});
  expect(last(await entries("?actor=cI", byAdmin))).toEqual(["s"]);
  expect(last(await entries(`?actor=${encodeURIComponent("' or 1=1")}`))).toEqual([]);
  expect(await entries(`?project=${SLUG}&before=${first.entries[0]!.number + 1}`)).toEqual(all);
  expect(await entries("?project=local/demo")).toEqual({ entries: [] });
  const unknown = await byOwner("GET", `${paths.audit}?project=local/dmeo`);
  expect(await codeOf(unknown)).toBe("project_not_found");

  for (const query of ["?limit=0", "?limit=201", "?before=x", "?before="]) {
    expect(await codeOf(await byAdmin("GET", paths.audit + query)), query).toBe("query_invalid");
  }
  for (const method of ["DELETE", "POST", "PUT", "PATCH"]) {
    expect(await codeOf(await byAdmin(method, paths.audit)), method).toBe("method_not_allowed");
  }
});

test("entries are removed by the first sweep after a year, and not before", async () => {
  const { system } = await startAudited();
  await system.close();
  const database = await openSqlite(system.folder.database);
  onTestFinished(() => database.close());
  const leftAfter = async (days: number) => {
    const now = () => Date.now() + days * 86_400_000;
    const { sweep } = createRetention({
      ...{ database, now, days: 30, pauseMs: 0, log: pino({ level: "silent" }) },
      storage: createFsStorage({
        folder: system.folder.storage,
        uploadUrl: "",
        url: "",
        secret: "",
        now,
      }),
      removeUnusedCaches: async () => 0,
      purgeProjects: async () => 0,
      removeUnneededFiles: async () => 0,
    });
    await sweep();
    return (await database.queries.selectFrom("audit").select("number").execute()).length;
  };
  expect([await leftAfter(364), await leftAfter(366)]).toEqual([3, 0]);
});

test("entries outlive their project", async () => {
  const { byOwner, byAdmin, admin, entries } = await startAudited();
  await byAdmin("PUT", paths.secret(SLUG, "LAST"), { value: "x" });
  await byOwner("DELETE", paths.project(SLUG));
  const [last] = (await entries(`?project=${SLUG}&actor=${admin.id}`)).entries;
  expect(last).toMatchObject({ path: paths.secret(SLUG, "LAST"), status: 204 });
});
