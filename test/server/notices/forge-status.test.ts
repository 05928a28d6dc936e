import { expect, test } from "vitest";
import { forgeOf } from "../../../server/projects/forge.ts";
import { startReceiver, type ReceiverAnswer } from "../../services/receiver.ts";
import { startPushedProject } from "../pushed-project.ts";
import { told } from "./told.ts";

const TOKEN = "glpat-0123456789";

/** A project whose host answers each call of its API by the next of `answers`, then by 201. */
async function withForge(forge: string, path: string, answers: ReceiverAnswer[] = []) {
  const host = await startReceiver(() => answers.shift() ?? { status: 201, body: {} });
  const project = await startPushedProject({
    repository: `${host.url}/${path}.git`,
    settings: { forge },
    more: { forge_token: TOKEN },
    times: { noticeDelays: [20] },
  });
  return { host, project };
}

test("GitLab is told how a commit's run ended, in its words", async () => {
  const { host, project } = await withForge("gitlab", "group/sub/site", [
    { status: 400, body: { message: "Cannot transition status via :enqueue from :pending" } },
    { status: 429, headers: { "retry-after": "0" } },
  ]);
  const { run, sha } = await project.pushAndRun({ subject: "Works" });
  const notices = await told(project);
  const last = host.calls.at(-1)!;
  expect(last).toMatchObject({
    method: "POST",
    path: `/api/v4/projects/group%2Fsub%2Fsite/statuses/${sha}`,
    headers: { "private-token": TOKEN },
  });
  expect(JSON.parse(last.body)).toEqual({
    state: "success",
    name: "deferred-runner",
    target_url: `http://127.0.0.1:8080/projects/acme/site/runs/${run}`,
    description: expect.stringMatching(/^Succeeded/),
  });
  expect(notices.every(({ kind }) => kind === "forge_status")).toBe(true);
  expect(JSON.stringify([notices, project.logged])).not.toContain(TOKEN);
});

test.each(["gitea", "forgejo"])(
  "%s is told in GitHub's words; a refusal says what to do",
  async (forge) => {
    const { host, project } = await withForge(forge, "acme/site", [
      { status: 201, body: {} },
      { status: 403, body: { message: "token does not have at least one of required scope(s)" } },
    ]);
    const { sha } = await project.push({ subject: "Breaks" });
    await told(project);
    const assignment = await project.claim();
    await project.finish(assignment, { exit_code: 3 });
    const notices = await told(project);
    expect(host.calls).toHaveLength(2);
    expect(host.calls[0]).toMatchObject({
      path: `/api/v1/repos/acme/site/statuses/${sha}`,
      headers: { authorization: `token ${TOKEN}` },
    });
    expect(host.calls.map(({ body }) => JSON.parse(body).state)).toEqual(["pending", "failure"]);
    const title = forge === "gitea" ? "Gitea" : "Forgejo";
    expect(notices.find(({ what }) => what === "failure")).toMatchObject({
      state: "given_up",
      answer: `${title} answered 403. Give the project a token that may write commit statuses there.`,
    });
  },
);

test.each([
  ["https://gitlab.com/a/b/c.git", null, "gitlab", "https://gitlab.com/api/v4", "a/b/c"],
  ["git@gitlab.example.org:a/b.git", null, "gitlab", "https://gitlab.example.org/api/v4", "a/b"],
  ["https://codeberg.org/a/b", null, "gitea", "https://codeberg.org/api/v1", "a/b"],
  [
    "https://code.example:3000/a/b.git",
    "forgejo",
    "gitea",
    "https://code.example:3000/api/v1",
    "a/b",
  ],
  ["ssh://git@code.example:2222/a/b.git", "gitea", "gitea", "https://code.example/api/v1", "a/b"],
] as const)("%s (%s) is %s at %s", (repository, kind, found, api, name) => {
  expect(forgeOf(repository, kind)).toMatchObject({ kind: found, api, name });
});

test.each([
  ["https://code.example/a/b.git", null],
  ["https://notgitlab.com/a/b.git", null],
  ["https://github.com/a/b.git", "gitlab"],
  ["https://gitea.example/a/b/c.git", null],
  ["https://gitlab.com/a/../b", null],
  ["file:///srv/a/b.git", null],
] as const)("%s (%s) gets no token", (repository, kind) => {
  expect(forgeOf(repository, kind)).toBeUndefined();
});
