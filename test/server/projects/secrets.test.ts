import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import type { ProjectView } from "../../../protocol/projects.ts";
import { codeOf, startSystem } from "../system.ts";
import { makeProject, SLUG } from "./project.ts";

const view = async (response: Response) => (await response.json()) as ProjectView;

describe("a secret", () => {
  test("is set, listed by name and removed, and never read back", async () => {
    const system = await startSystem();
    const { call } = await makeProject(system);
    const put = (name: string, value: string) => call("PUT", paths.secret(SLUG, name), { value });
    expect((await put("DEPLOY_TOKEN", "s3cret-s3cret")).status).toBe(204);
    expect((await put("DEPLOY_TOKEN", "another-s3cret")).status).toBe(204);
    const listed = await call("GET", paths.secrets(SLUG));
    const text = await listed.text();
    expect(JSON.parse(text)).toEqual({
      secrets: [
        {
          name: "DEPLOY_TOKEN",
          set_at: expect.any(String),
          set_by: { kind: "owner", id: "owner", name: "" },
        },
      ],
    });
    expect(text + JSON.stringify(await view(await call("GET", paths.project(SLUG))))).not.toContain(
      "s3cret",
    );
    expect((await call("DELETE", paths.secret(SLUG, "DEPLOY_TOKEN"))).status).toBe(204);
    expect(await codeOf(await call("DELETE", paths.secret(SLUG, "DEPLOY_TOKEN")))).toBe(
      "not_found",
    );
    expect(await codeOf(await put("lower", "x"))).toBe("body_invalid");
    expect(await codeOf(await put("NUL", "a\0b"))).toBe("body_invalid");
    const hiding = await put("DEFERRED_RUN", "x");
    expect(await hiding.json()).toMatchObject({
      code: "body_invalid",
      detail: "name: every run has a variable DEFERRED_RUN of its own; choose another name.",
    });
    expect((await put("DEFERRED_TOKEN", "x")).status).toBe(204);
  });

  test("is in no file of the data folder, nor is a credential or the hook's secret", async () => {
    const system = await startSystem();
    const project = await makeProject(system, {
      repository_token: "x-access-token:ghp_S3CRET_1",
      github_token: "ghp_S3CRET_2",
    });
    await project.call("PUT", paths.secret(SLUG, "TOKEN"), { value: "S3CRET_3" });
    const { credentials } = await view(await project.call("GET", paths.project(SLUG)));
    expect(credentials).toEqual(["repository_token", "github_token"]);
    await system.close();
    const bytes = await readFile(system.folder.database, "latin1");
    expect(bytes).toContain("TOKEN");
    expect(bytes).not.toContain("S3CRET");
    expect(bytes).not.toContain(project.secret.slice(6));
    expect(JSON.stringify(system.logged)).not.toContain("S3CRET");
  });
});

describe("who is not its owner", () => {
  test("sees neither a project nor whether there is one", async () => {
    const system = await startSystem();
    await makeProject(system);
    for (const slug of [SLUG, "ada/none"]) {
      const read = (headers = {}) => system.call("GET", paths.project(slug), undefined, headers);
      expect(await codeOf(await read())).toBe("token_missing");
      expect(await codeOf(await read({ authorization: "Bearer a-guess" }))).toBe("token_wrong");
    }
    expect(await (await system.call("GET", paths.projects)).json()).toEqual({ projects: [] });
  });

  test("sees of a public one what is for all, and changes nothing", async () => {
    const system = await startSystem();
    const { call } = await makeProject(system, {
      settings: { public: true, watchers: ["ada@example.org"] },
      github_token: "ghp_x",
    });
    await call("PUT", paths.secret(SLUG, "TOKEN"), { value: "x" });
    const read = await view(await system.call("GET", paths.project(SLUG)));
    expect(read).toMatchObject({
      slug: SLUG,
      credentials: [],
      secrets: [],
      settings: { watchers: [] },
    });
    expect(read.hooks).toBeUndefined();
    const { projects } = (await (await system.call("GET", paths.projects)).json()) as {
      projects: ProjectView[];
    };
    expect(projects).toEqual([read]);
    for (const [method, path, body] of [
      ["GET", `${paths.project(SLUG)}?hook_secret=1`],
      ["GET", paths.secrets(SLUG)],
      ["PATCH", paths.project(SLUG), {}],
      ["DELETE", paths.project(SLUG)],
      ["PUT", paths.secret(SLUG, "A"), { value: "x" }],
      ["POST", paths.projects, { slug: "ada/other" }],
    ] as const) {
      expect(await codeOf(await system.call(method, path, body)), path).toBe("token_missing");
    }
  });

  test("is met by no page of another origin: nothing of this is shared with one", async () => {
    const system = await startSystem();
    await makeProject(system, { settings: { public: true } });
    const headers = { origin: "https://eve.example" };
    const response = await system.call("GET", paths.project(SLUG), undefined, headers);
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });
});
