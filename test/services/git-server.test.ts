import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { makeRepository } from "./git-repository.ts";
import { startGitServer } from "./git-server.ts";

const execute = promisify(execFile);

async function folder(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "deferred-git-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  return root;
}

test("a repository is cloned, and one commit fetched by its name", async () => {
  const root = await folder();
  const repository = await makeRepository(root, "app");
  const first = await repository.commit({ "README.md": "one\n", "run.sh": "#!/bin/sh\n" });
  await repository.commit({ "README.md": "two\n", "run.sh": null });
  const server = await startGitServer(root);
  onTestFinished(() => server.close());

  const clone = join(root, "clone");
  await execute("git", ["clone", "--quiet", "--depth", "1", `${server.url}/app.git`, clone]);
  expect(await readFile(join(clone, "README.md"), "utf8")).toBe("two\n");
  await execute("git", ["-C", clone, "fetch", "--quiet", "--depth", "1", "origin", first]);
  const { stdout } = await execute("git", ["-C", clone, "show", `${first}:README.md`]);
  expect(stdout).toBe("one\n");
});

test("where it asks for a login, nothing is read without it", async () => {
  const root = await folder();
  await (await makeRepository(root, "app")).commit({ "README.md": "one\n" });
  const server = await startGitServer(root, { login: { user: "ada", token: "s3cret" } });
  onTestFinished(() => server.close());
  const env = { PATH: process.env["PATH"], GIT_TERMINAL_PROMPT: "0" };
  const read = (url: string) => execute("git", ["ls-remote", `${url}/app.git`], { env });
  await expect(read(server.url)).rejects.toThrow(/could not read Username/);
  expect((await read(server.url.replace("//", "//ada:s3cret@"))).stdout).toContain(
    "refs/heads/main",
  );
});
