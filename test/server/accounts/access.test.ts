import { describe, expect, test } from "vitest";
import { pagePaths, paths } from "../../../protocol/paths.ts";
import { makeProject, SLUG } from "../projects/project.ts";
import { signIn } from "../sign-in.ts";
import { codeOf, startSystem } from "../system.ts";

describe("a session", () => {
  test("reads what is the project's", async () => {
    const system = await startSystem();
    await makeProject(system);
    const cookie = { cookie: await signIn(system) };
    const read = (path: string) => system.call("GET", path, undefined, cookie);
    for (const path of [
      paths.projects,
      paths.project(SLUG),
      paths.secrets(SLUG),
      paths.deliveries(SLUG),
      paths.projectRuns(SLUG),
      pagePaths.project(SLUG),
    ]) {
      expect((await read(path)).status, path).toBe(200);
    }
    expect(await codeOf(await read(paths.project("ada/none")))).toBe("project_not_found");
  });

  test("changes nothing, and is shown no hook secret: that takes the token", async () => {
    const system = await startSystem();
    await makeProject(system);
    const cookie = { cookie: await signIn(system) };
    for (const [method, path, body] of [
      ["GET", `${paths.project(SLUG)}?hook_secret=1`],
      ["PATCH", paths.project(SLUG), { settings: { public: true } }],
      ["DELETE", paths.project(SLUG)],
      ["PUT", paths.secret(SLUG, "A"), { value: "x" }],
      ["POST", paths.projects, { slug: "ada/other" }],
      ["POST", paths.projectRuns(SLUG), {}],
      ["POST", paths.replay(SLUG, "x")],
      ["POST", paths.projectWake(SLUG)],
      ["POST", paths.projectSleep(SLUG)],
      ["POST", paths.signInLinks],
    ] as const) {
      const response = await system.call(method, path, body, cookie);
      expect(await codeOf(response), `${method} ${path}`).toBe("token_missing");
    }
  });

  test("counts for nothing beside a wrong token", async () => {
    const system = await startSystem();
    await makeProject(system);
    const headers = { cookie: await signIn(system), authorization: "Bearer a-guess" };
    const response = await system.call("GET", paths.project(SLUG), undefined, headers);
    expect(await codeOf(response)).toBe("token_wrong");
  });
});
