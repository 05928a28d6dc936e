import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { paths } from "../../protocol/paths.ts";
import type { ProjectView } from "../../protocol/projects.ts";
import type { HookAnswer } from "../../protocol/deliveries.ts";
import type { Result } from "../../protocol/run.ts";
import { eventually } from "../eventually.ts";
import { makeRepository } from "../services/git-repository.ts";
import { startGitServer } from "../services/git-server.ts";
import { githubBody, githubHeaders, pushBody } from "../server/hooks/senders.ts";
import { serve } from "../systems/process.ts";

const SLUG = "ada/app";

test("a fork's pull request is done by the base's file, without the project's secrets", async () => {
  const root = await mkdtemp(join(tmpdir(), "deferred-fork-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const repository = await makeRepository(root, "app");
  const file = (says: string) =>
    `commands:\n  - echo ${says} $(cat words) [$TOKEN]\nsecrets: [TOKEN]\n`;
  const base = await repository.commit({ ".deferred-server": file("ours"), words: "of Ada" });
  const head = await repository.commit(
    { ".deferred-server": file("theirs"), words: "of Eve" },
    { branch: "fork" },
  );
  // As GitHub keeps a fork's head: in the repository that it asks, on no branch of it.
  await repository.git("push", "--quiet", "origin", `${head}:refs/pull/2/head`, ":fork");
  const git = await startGitServer(root);
  onTestFinished(() => git.close());

  const served = await serve({ DEFERRED_ALLOW_PRIVATE: "1" });
  const token = (await readFile(join(served.data, "owner-token"), "utf8")).trim();
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const call = (method: string, path: string, body?: object) =>
    fetch(served.url + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
  const created = await call("POST", paths.projects, {
    slug: SLUG,
    repository: `${git.url}/app.git`,
    settings: { pull_requests: true },
  });
  const project = (await created.json()) as ProjectView;
  await call("PUT", paths.secret(SLUG, "TOKEN"), { value: "s3cret" });

  const deliver = async (event: string, body: string): Promise<Result> => {
    const signed = githubHeaders(body, project.hook_secret!, { event });
    const url = project.hooks!.github;
    const response = await fetch(url, { method: "POST", headers: signed, body });
    const { run } = (await response.json()) as HookAnswer;
    return eventually(async () => {
      const result = await call("GET", paths.runResult(run!));
      return result.ok ? ((await result.json()) as Result) : undefined;
    });
  };
  const request = JSON.parse(await githubBody("pull-request-opened")) as {
    pull_request: { head: object; base: object };
  };
  request.pull_request.head = { sha: head, repo: { id: 2 } };
  request.pull_request.base = { sha: base, repo: { id: 1 } };

  const [own, strange] = await Promise.all([
    deliver("push", pushBody(base)),
    deliver("pull_request", JSON.stringify(request)),
  ]);
  // It has the secret; what it prints of it is masked.
  expect(own).toMatchObject({
    state: "succeeded",
    stdout: expect.stringMatching(/^ours of Ada \[.+\]\n$/),
  });
  expect(JSON.stringify(own)).not.toContain("s3cret");
  expect(strange).toMatchObject({ state: "succeeded", stdout: "ours of Eve []\n" });
  expect(JSON.stringify([own, strange])).not.toContain("theirs");
});
