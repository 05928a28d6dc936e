import { expect, test } from "vitest";
import { gitHubRepository } from "../../../server/projects/github/repository.ts";
import { eventually } from "../../eventually.ts";
import { startGitHubApi } from "../../services/github-api.ts";
import type { ReceiverAnswer } from "../../services/receiver.ts";
import { startPushedProject } from "../pushed-project.ts";
import { told } from "./told.ts";

const TOKEN = "ghp_0123456789abcdefghijklmnopqrstuvwxyz";

async function withGitHub(options: { token?: string; failures?: ReceiverAnswer[] } = {}) {
  const gitHub = await startGitHubApi({
    token: TOKEN,
    repository: "acme/site",
    failures: options.failures ?? [],
  });
  const project = await startPushedProject({
    more: { github_token: options.token ?? TOKEN },
    env: { DEFERRED_GITHUB_API: gitHub.url },
    times: { noticeDelays: [20] },
  });
  return { gitHub, project };
}

test("a commit is pending from its push on, then says how its run ended, with a link to it", async () => {
  const { gitHub, project } = await withGitHub();
  const { run, sha } = await project.push({ subject: "Breaks" });
  await eventually(async () => gitHub.statuses.length === 1 || undefined);
  const assignment = await project.claim();
  await project.steps(assignment, [{ name: "npm test", exit: 3 }]);
  await project.finish(assignment, { exit_code: 3 });
  await told(project);
  const last = gitHub.statuses.at(-1)!;
  expect(gitHub.statuses.map(({ state }) => state)).toEqual(["pending", "failure"]);
  expect(last).toEqual({
    sha,
    state: "failure",
    target_url: `http://127.0.0.1:8080/projects/acme/site/runs/${run}`,
    description: "Failed with exit status 3 after 3.2 s.",
    context: "deferred-runner",
  });
  await project.pushAndRun({ subject: "Works" });
  await told(project);
  expect(gitHub.statuses.at(-1)?.state).toBe("success");
  // The token is where GitHub wants it, and nowhere that is kept.
  expect(gitHub.calls.every(({ path, body }) => !(path + body).includes(TOKEN))).toBe(true);
  expect(JSON.stringify([await told(project), project.logged])).not.toContain(TOKEN);
});

test("where GitHub is down meanwhile, only the last state is told", async () => {
  const down = Array.from({ length: 4 }, () => ({ status: 502, body: {} }));
  const { gitHub, project } = await withGitHub({ failures: down });
  await project.pushAndRun({ subject: "Works" });
  const notices = await told(project);
  expect(gitHub.statuses.at(-1)?.state).toBe("success");
  const byState = notices.map(({ what, state }) => `${what} ${state}`);
  expect(byState).toContain("success sent");
  if (gitHub.statuses.length === 1) expect(byState).toContain("pending given_up");
});

test("a token that may not write is not tried again, and the list says what to do", async () => {
  const { gitHub, project } = await withGitHub({ token: "ghp_wrong" });
  await project.pushAndRun({ subject: "Works" });
  const notices = await told(project);
  // One for each state, where there was time for both.
  expect(gitHub.calls.length).toBeLessThanOrEqual(2);
  expect(notices[0]).toMatchObject({
    kind: "commit_status",
    target: expect.stringMatching(/^acme\/site@[0-9a-f]{40}$/) as string,
    state: "given_up",
    tries: 1,
    answer:
      "GitHub answered 401: Bad credentials. Give the project a token that may write commit statuses there.",
  });
});

test("where GitHub's limit is reached it is asked again when that is over", async () => {
  const limit = {
    status: 403,
    headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1" },
    body: { message: "API rate limit exceeded" },
  };
  const { gitHub, project } = await withGitHub({ failures: [limit] });
  await project.pushAndRun({ subject: "Works" });
  await told(project);
  expect(gitHub.statuses.at(-1)?.state).toBe("success");
});

test("a project without a token, and a command by hand, tell GitHub nothing", async () => {
  const { gitHub, project } = await withGitHub();
  const created = (await project.own("POST", `/v1/projects/${project.slug}/runs`, {
    revision: { of: "commit", commit: "a".repeat(40) },
    task: { do: "exec", command: "make" },
  })) as { id: string };
  const assignment = await project.claim();
  expect(assignment.run).toBe(created.id);
  await project.steps(assignment, [{ name: "make" }]);
  await project.finish(assignment);
  expect(await told(project)).toEqual([]);
  expect(gitHub.calls).toEqual([]);
});

const own = "https://github.acme.example/api/v3";
test.each([
  ["https://github.com/acme/site.git", own, "https://api.github.com", "acme/site"],
  ["https://github.com/acme/site", undefined, "https://api.github.com", "acme/site"],
  ["git@github.com:acme/site.git", undefined, "https://api.github.com", "acme/site"],
  ["ssh://git@github.com/acme/site.git", undefined, "https://api.github.com", "acme/site"],
  ["https://github.acme.example/acme/site", own, own, "acme/site"],
  ["https://acme.ghe.com/a/b", "https://api.acme.ghe.com", "https://api.acme.ghe.com", "a/b"],
])("%s with the API %s is called at %s", (repository, api, base, name) => {
  expect(gitHubRepository(repository, api)).toEqual({ api: base, name });
});

test.each([
  ["https://gitlab.com/acme/site", undefined],
  ["https://github.com.evil.example/acme/site", undefined],
  ["https://github.acme.example/acme/site", undefined],
  ["https://evil.example/acme/site", own],
  ["https://github.com/acme/site/extra", undefined],
  ["https://github.com/acme/..", undefined],
  ["https://github.com/acme", undefined],
  ["file:///srv/github.com/acme/site", undefined],
])("a token for %s with the API %s goes nowhere", (repository, api) => {
  expect(gitHubRepository(repository, api)).toBeUndefined();
});
