import { rm } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import type { ProjectView } from "../../../protocol/projects.ts";
import type { RunView } from "../../../protocol/run.ts";
import { newKeyPair } from "../../../blocks/keys.ts";
import { answerOf, pushBody, sendersTo } from "../hooks/senders.ts";
import { codeOf, startSystem } from "../system.ts";
import { makeProject, SLUG } from "./project.ts";

const view = async (response: Response) => (await response.json()) as ProjectView;

describe("a project", () => {
  test("is made with its hook's addresses and their secret, and read without the secret", async () => {
    const system = await startSystem();
    const { call, ...created } = await makeProject(system, { settings: { branches: ["main"] } });
    expect(created).toMatchObject({
      slug: SLUG,
      repository: "https://8.8.8.8/ada/app.git",
      settings: { public: false, branches: ["main"], tags: ["*"], pull_requests: false },
      hook_secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
      last_run: null,
      page_url: "http://127.0.0.1:8080/projects/ada/app",
    });
    expect(created.hooks!.github).toMatch(
      /^http:\/\/127\.0\.0\.1:8080\/v1\/hooks\/github\/[0-9a-z]{26}$/,
    );
    const read = await view(await call("GET", paths.project(SLUG)));
    expect(read.hook_secret).toBeUndefined();
    expect(read.hooks).toEqual(created.hooks);
    const again = await view(await call("GET", `${paths.project(SLUG)}?hook_secret=1`));
    expect(again.hook_secret).toBe(created.hook_secret);
  });

  test("is changed where a request says so; all else stays", async () => {
    const { call } = await makeProject(await startSystem(), { settings: { lfs: true } });
    const changed = await view(
      await call("PATCH", paths.project(SLUG), {
        settings: { public: true, watchers: ["a@b.example"] },
      }),
    );
    expect(changed.settings).toMatchObject({ lfs: true, public: true, watchers: ["a@b.example"] });
    expect(changed.repository).toBe("https://8.8.8.8/ada/app.git");
    const without = await view(await call("PATCH", paths.project(SLUG), { repository: null }));
    expect(without.repository).toBeNull();
  });

  test("has no owner whose paths are the server's own", async () => {
    const system = await startSystem();
    const { call } = await makeProject(system);
    const own = new Set(system.app.routes.map(({ path }) => path.split("/")[1] ?? ""));
    const owners = [...own].filter((name) => /^[a-z0-9][a-z0-9-]*$/.test(name));
    expect(owners).toEqual(expect.arrayContaining(["v1", "docs", "gists", "results", "sign-in"]));
    for (const owner of owners) {
      const refused = await call("POST", paths.projects, { slug: `${owner}/app` });
      expect([owner, await codeOf(refused)]).toEqual([owner, "body_invalid"]);
    }
  });

  test("that can't be is refused, with what to write instead", async () => {
    const system = await startSystem();
    const { call } = await makeProject(system);
    const create = async (body: object) =>
      codeOf(await call("POST", paths.projects, { slug: "ada/other", ...body }));
    expect(await create({ slug: SLUG })).toBe("project_exists");
    expect(await create({ slug: "ada/.." })).toBe("body_invalid");
    expect(await create({ slug: "ada" })).toBe("body_invalid");
    expect(await create({ repository: "http://127.0.0.1/x" })).toBe("repository_refused");
    expect(await create({ settings: { branches: ["a b"] } })).toBe("body_invalid");
    expect(await create({ settings: { watchers: ["a@b.example\nBcc: c"] } })).toBe("body_invalid");
    expect(await create({ settings: { shell: "bash" } })).toBe("body_invalid");
    expect(await create({ deploy_key: "my key" })).toBe("body_invalid");
    expect(await create({ repository_token: "token" })).toBe("body_invalid");
    expect((await call("GET", paths.project("ada/other"))).status).toBe(404);
  });

  test("sends a token over https alone", async () => {
    const http = "http://8.8.8.8/ada/app.git";
    const { call } = await makeProject(await startSystem(), { repository: http });
    const change = async (body: object) => call("PATCH", paths.project(SLUG), body);
    const token = { repository_token: "ada:ghp_token" };
    expect(await codeOf(await change(token))).toBe("repository_refused");
    expect((await change({ ...token, repository: "https://8.8.8.8/app.git" })).status).toBe(200);
    expect(await codeOf(await change({ repository: http }))).toBe("repository_refused");
    expect((await change({ repository: http, repository_token: null })).status).toBe(200);
  });

  test("at a private address is made where the operator allows that", async () => {
    const system = await startSystem({ DEFERRED_ALLOW_PRIVATE: "1" });
    const { repository } = await makeProject(system, { repository: "file:///srv/git/app.git" });
    expect(repository).toBe("file:///srv/git/app.git");
  });

  test("that was removed is gone, with its runs and its blocks, and comes back when it is restored", async () => {
    const system = await startSystem();
    const project = await makeProject(system);
    const { call, runs } = project;
    const { github } = sendersTo(system, project);
    const keys = await newKeyPair();
    await call("POST", paths.keys(SLUG), { jwk: keys.publicJwk });
    const block = await system.sign("print(1)", { iss: SLUG }, keys.privateJwk);
    const runBlock = () => system.call("POST", paths.runs, { block, code: "print(1)" });
    expect((await runBlock()).status).toBe(202);
    const { run } = await answerOf(await github(pushBody("a".repeat(40))));
    expect(await runs()).toHaveLength(2);

    const removed = call("DELETE", paths.project(SLUG));
    const lists = await Promise.all(Array.from({ length: 50 }, () => call("GET", paths.projects)));
    expect(lists.filter(({ ok }) => !ok)).toEqual([]);
    expect((await removed).status).toBe(204);
    expect(await codeOf(await call("GET", paths.project(SLUG)))).toBe("project_not_found");
    expect(await codeOf(await call("GET", paths.projectRuns(SLUG)))).toBe("project_not_found");
    expect(await codeOf(await call("GET", paths.run(run!)))).toMatch(/not_found/);
    expect(await codeOf(await github(pushBody("b".repeat(40))))).toBe("hook_not_found");
    expect(await codeOf(await runBlock())).toBe("key_unknown");
    expect(await codeOf(await call("GET", paths.projectKeys(SLUG)))).toBe("project_not_found");
    expect(await codeOf(await call("POST", paths.projects, { slug: SLUG }))).toBe("project_exists");
    const removedList = await (await call("GET", paths.removedProjects)).json();
    expect(removedList).toMatchObject({ projects: [{ slug: SLUG }] });

    for (let times = 0; times < 2; times++) {
      expect((await call("POST", paths.restoreProject(SLUG))).status).toBe(204);
    }
    expect(await (await call("GET", paths.removedProjects)).json()).toEqual({ projects: [] });
    expect(new Set((await runs()).map(({ state }) => state))).toEqual(new Set(["canceled"]));
    const again = await answerOf(await github(pushBody("c".repeat(40))));
    expect(again.outcome).toBe("run");
    expect((await runBlock()).status).toBe(202);
    expect(await codeOf(await call("POST", paths.restoreProject("ada/never")))).toBe(
      "project_not_found",
    );
  });
});

test("the first project stays: the server's examples are signed by it", async () => {
  const { call } = await makeProject(await startSystem());
  expect(await codeOf(await call("DELETE", paths.project("local/demo")))).toBe("project_needed");
});

test("under another master key, a run ends and says so; a new hook secret is to be had", async () => {
  const system = await startSystem();
  const project = await makeProject(system);
  await project.call("PUT", paths.secret(SLUG, "TOKEN"), { value: "old" });
  const { run } = await answerOf(await sendersTo(system, project).github(pushBody("a".repeat(40))));
  await system.close();
  await rm(system.folder.secret);

  const later = await startSystem({ DEFERRED_DATA: system.root });
  const call = (method: string, path: string, body?: unknown) =>
    later.call(method, path, body, { authorization: `Bearer ${later.ownerToken}` });
  expect(await (await later.machine()).claim(1, 0)).toEqual([]);
  const view = (await (await call("GET", paths.run(run!))).json()) as RunView;
  expect(view.ending).toMatchObject({
    state: "failed",
    reason: { message: expect.stringContaining("Its secrets do not open") },
  });
  const before = await sendersTo(later, project).github(pushBody("b".repeat(40)));
  expect(before.status).toBe(503);
  expect(await before.json()).toMatchObject({ code: "sealed_otherwise" });
  const renewed = await call("PATCH", paths.project(SLUG), { renew_hook_secret: true });
  const { hook_secret: secret } = (await renewed.json()) as ProjectView;
  const { github } = sendersTo(later, { ...project, secret: secret! });
  expect((await github(pushBody("b".repeat(40)))).status).toBe(202);
});

test("commands get the project as it is when they are claimed, with its credential and secrets", async () => {
  const system = await startSystem();
  const project = await makeProject(system, { repository_token: "ada:ghp_token" });
  await project.call("PUT", paths.secret(SLUG, "TOKEN"), { value: "old" });
  await answerOf(await sendersTo(system, project).github(pushBody("a".repeat(40))));
  await project.call("PUT", paths.secret(SLUG, "TOKEN"), { value: "new" });
  const { work } = await (await system.machine()).claimOne();
  expect(work).toMatchObject({
    kind: "command",
    repository: {
      url: "https://8.8.8.8/ada/app.git",
      credential: { kind: "token", user: "ada", token: "ghp_token" },
    },
    secrets: { TOKEN: "new" },
  });
  const { id } = (await project.runs())[0]!;
  const read = await project.call("GET", paths.run(id));
  expect(JSON.stringify((await read.json()) as RunView)).not.toMatch(/ghp_token|"new"/);
});
