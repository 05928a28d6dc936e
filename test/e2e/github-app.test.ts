import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { deferred as runDeferred } from "../cli/deferred.ts";
import { makeRepository } from "../services/git-repository.ts";
import { startGitServer } from "../services/git-server.ts";
import { startGitHubApi } from "../services/github-api.ts";
import { playGitHubApp } from "../services/github-app.ts";
import { serve } from "../systems/process.ts";

const ID = "123456";
const LOGIN = { user: "x-access-token", token: "ghs_of-this-repository" };

test("a project that is connected by a GitHub App is checked out from a private repository", async () => {
  const root = await mkdtemp(join(tmpdir(), "deferred-github-app-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const repository = await makeRepository(join(root, "acme"), "site");
  await repository.commit({ "hello.txt": "a private file\n" });
  const git = await startGitServer(root, { login: LOGIN });
  onTestFinished(() => git.close());
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = privateKey.export({ type: "pkcs1", format: "pem" });
  const app = playGitHubApp({
    ...{ id: ID, publicKey, repository: "acme/site", text: () => LOGIN.token },
  });
  const gitHub = await startGitHubApi({ app, repository: "acme/site" });
  const served = await serve({
    ...{ DEFERRED_ALLOW_PRIVATE: "1", DEFERRED_LOG: "debug", DEFERRED_GITHUB_API: gitHub.url },
  });
  let log = "";
  served.process.stderr!.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const env = { DEFERRED_DATA: served.data, DEFERRED_URL: served.url };
  const deferred = (args: string[], stdin = "") => runDeferred(args, { cwd: root, env, stdin });

  const url = `${git.url}/acme/site.git`;
  const create = ["projects", "create", "acme/site", "--repo", url];
  const half = await deferred([...create, "--github-app", ID]);
  expect(half.code).toBe(2);
  expect(half.stderr).toContain("--github-app ID and --github-app-key FILE go together");
  const made = await deferred([...create, "--github-app", ID, "--github-app-key", "-"], key);
  expect(made).toMatchObject({ code: 0, stderr: "" });
  const ran = await deferred(["exec", "--project", "acme/site", "--", "cat", "hello.txt"]);
  expect(ran.stdout).toContain("a private file");
  expect(ran.code).toBe(0);
  expect(app.minted).toMatchObject([{ permissions: { contents: "read" } }]);

  await writeFile(join(root, "app.pem"), key);
  const set = ["projects", "set", "acme/site"];
  const removed = await deferred([...set, "--remove-credential", "github_app"]);
  expect(removed.stdout).toMatch(/^credentials +none$/m);
  const again = await deferred([...set, "--github-app", ID, "--github-app-key", "app.pem"]);
  expect(again.stdout).toMatch(/^credentials +github_app$/m);

  const secret = key.split("\n")[3]!;
  expect(log).toContain("acme/site");
  const files = await readdir(served.data, { recursive: true, withFileTypes: true });
  const texts = await Promise.all(
    files
      .filter((one) => one.isFile())
      .map((one) => readFile(join(one.parentPath, one.name), "latin1").catch(() => "")),
  );
  for (const text of [log, made.stdout, ran.stdout, ran.stderr, ...texts]) {
    expect(text.includes(secret)).toBe(false);
    expect(text.includes(LOGIN.token)).toBe(false);
  }
});
