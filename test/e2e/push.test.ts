import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { paths } from "../../protocol/paths.ts";
import type { CommitView } from "../../protocol/projects.ts";
import type { Result, RunView } from "../../protocol/run.ts";
import { makeRepository } from "../services/git-repository.ts";
import { startGitServer } from "../services/git-server.ts";
import { pushedProject } from "./pushes.ts";
import { startServing } from "./server-process.ts";

const FILE = `
commands:
  - name: Test
    run: echo "tested $DEFERRED_COMMIT" && mkdir -p artifacts && echo done > artifacts/report.txt
  - echo second >&2
`;

test("a push runs what the project's file says, and its owner alone reads what came of it", async () => {
  const root = await mkdtemp(join(tmpdir(), "deferred-push-"));
  const git = await startGitServer(root);
  const served = await startServing({ DEFERRED_ALLOW_PRIVATE: "1", DEFERRED_LOG: "error" });
  onTestFinished(async () => {
    await served.clear();
    await git.close();
    await rm(root, { recursive: true, force: true });
  });
  const repository = await makeRepository(root, "app");
  const commit = await repository.commit(
    { ".deferred-server": FILE, "README.md": "An app.\n" },
    { message: "Say it twice\n\nWith its reasons." },
  );
  const project = await pushedProject(served, "ada/app", `${git.url}/app.git`);

  const run = await project.push(commit);
  const events = await Array.fromAsync(project.follow(run));
  expect(events.at(-1)).toMatchObject({ type: "ended", state: "succeeded", exit_code: 0 });

  const view = (await (await project.own("GET", paths.run(run))).json()) as RunView;
  expect(view.command).toMatchObject({
    project: "ada/app",
    trigger: "push",
    title: "Say it twice",
    ref: "refs/heads/main",
    commits: [commit],
  });
  const commands = view.command!.steps.filter(({ kind }) => kind === "command");
  expect(commands).toMatchObject([{ name: "Test", exit_code: 0 }, { exit_code: 0 }]);

  const found = await project.own("GET", paths.runResult(run));
  const result = (await (await fetch(found.headers.get("location")!)).json()) as Result;
  expect(result.stdout).toContain(`tested ${commit}\n`);
  expect(result.stderr).toContain("second\n");
  const artifact = result.artifacts.find(({ name }) => name === "report.txt");
  const signed = (await project.own("GET", new URL(artifact!.url).pathname)).headers;
  expect(await (await fetch(signed.get("location")!)).text()).toBe("done\n");
  for (const url of [artifact!.url, result.command!.page_url, `${served.url}${paths.run(run)}`]) {
    expect((await fetch(url)).status, url).toBe(401);
  }

  const commits = await project.own("GET", paths.commit("ada/app", commit));
  expect((await commits.json()) as CommitView).toMatchObject({
    message: "Say it twice\n\nWith its reasons.",
    author_name: "Ada Example",
    state: "succeeded",
    runs: 1,
  });
}, 60_000);
