import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { paths } from "../../protocol/paths.ts";
import type { CommitView } from "../../protocol/projects.ts";
import type { Result, RunView } from "../../protocol/run.ts";
import { eventually } from "../eventually.ts";
import { makeRepository } from "../services/git-repository.ts";
import { startGitServer } from "../services/git-server.ts";
import { held } from "./held.ts";
import { processesWith } from "./processes.ts";
import { pushedProject } from "./pushes.ts";
import { deferred, startServing } from "../systems/process.ts";

const FILE = `
commands:
  - name: Test
    run: echo "tested $DEFERRED_COMMIT" && mkdir -p artifacts && echo done > artifacts/report.txt
  - echo second >&2
`;

/** A server, and one of repositories beside it. */
async function startBoth() {
  const root = await mkdtemp(join(tmpdir(), "deferred-push-"));
  const git = await startGitServer(root);
  const served = await startServing({ DEFERRED_ALLOW_PRIVATE: "1", DEFERRED_LOG: "error" });
  onTestFinished(async () => {
    await served.clear();
    await git.close();
    await rm(root, { recursive: true, force: true });
  });
  return { root, git, served };
}

test("a push runs what the project's file says, and its owner alone reads what came of it", async () => {
  const { root, git, served } = await startBoth();
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
  const file = join(root, "result.json");
  await writeFile(file, JSON.stringify(result));
  const verified = await deferred(served, ["verify", file]);
  expect(verified).toMatchObject({ code: 0, stdout: expect.stringMatching(/commits +.*these/) });
  result.command!.commits = ["0".repeat(40)];
  await writeFile(file, JSON.stringify(result));
  expect((await deferred(served, ["verify", file])).code).not.toBe(0);

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

test("a machine that is woken goes when it is sent to sleep, after what it runs", async () => {
  const { root, git, served } = await startBoth();
  const repository = await makeRepository(root, "app");
  const { line, release } = held();
  const commit = await repository.commit({
    ".deferred-server": `echo begun; ${line}; echo done\n`,
  });
  const project = await pushedProject(served, "ada/app", `${git.url}/app.git`);
  const ask = async (path: string) =>
    ((await (await project.own("POST", path)).json()) as { state: string }).state;
  const becomes = (path: string, state: string) =>
    eventually(async () => ((await ask(path)) === state ? true : undefined));
  await becomes(paths.projectWake("ada/app"), "ready");
  expect(await served.machines()).toHaveLength(1);

  let slept: string | undefined;
  const run = await project.push(commit);
  for await (const event of project.follow(run)) {
    if (event.type === "output" && slept === undefined) {
      slept = await ask(paths.projectSleep("ada/app"));
      release();
    }
    if (event.type === "ended") expect(event).toMatchObject({ state: "succeeded", attempt: 1 });
  }
  expect(slept).toBe("leaving");
  await becomes(paths.projectSleep("ada/app"), "asleep");
  expect(await served.machines()).toEqual([]);
}, 60_000);

test("what comes after a canceled run of its branch begins when the program of that is dead", async () => {
  const { root, git, served } = await startBoth();
  const repository = await makeRepository(root, "app");
  const name = `lasting-${randomUUID()}`;
  const printing = `exec -a ${name} bash -c 'while :; do echo x; sleep 0.2; done'`;
  const lasting = await repository.commit({ ".deferred-server": `commands: ${printing}\n` });
  const quick = await repository.commit({ ".deferred-server": "commands: echo quick\n" });
  const project = await pushedProject(served, "ada/app", `${git.url}/app.git`);
  const first = await project.push(lasting);
  const second = await project.push(quick);
  await eventually(async () => processesWith(name) > 0 || undefined);
  expect((await project.own("DELETE", paths.run(first))).status).toBe(200);
  for await (const event of project.follow(second)) {
    if (event.type === "attempt_started") expect(processesWith(name)).toBe(0);
    if (event.type === "ended") expect(event).toMatchObject({ state: "succeeded", attempt: 1 });
  }
}, 60_000);
