import { expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import type { RunCreated } from "../../../protocol/run.ts";
import { eventually } from "../../eventually.ts";
import { codeOf } from "../system.ts";
import { SLUG, startProject } from "./stage.ts";

test("a command is work for the project's own machines, with its repository, credential and secrets of now", async () => {
  const stage = await startProject();
  const run = await stage.exec({ task: { do: "exec", command: ["rake", "report"] } });
  await stage.own("PUT", paths.secret(SLUG, "API_KEY"), { value: "first" });
  await stage.own("PUT", paths.secret(SLUG, "API_KEY"), { value: "second" });
  const machine = await stage.worker();
  const { work, ...assignment } = await machine.claimOne();
  expect(assignment).toMatchObject({ run: run.id, attempt: 1 });
  expect(work).toMatchObject({
    kind: "command",
    runtime: "bash",
    project: SLUG,
    revision: { of: "ref" },
    task: { do: "exec", command: ["rake", "report"] },
    trigger: "exec",
    stranger: false,
    // The played machine has 1024 MB.
    limits: { wall_s: 3600, memory_mb: 512, network: true },
    repository: {
      url: "http://127.0.0.1:1/acme/site.git",
      credential: { kind: "token", user: "robot", token: "s3cret-token" },
      submodules: false,
      lfs: false,
      allow_private: true,
    },
    secrets: { API_KEY: "second" },
    caches: true,
  });
});

test("a block's machines never get a command, nor a project's machines a block or another's command", async () => {
  const stage = await startProject();
  const block = await stage.run("echo 1", { runtime: "bash" });
  const shared = await stage.machine();
  const command = await stage.exec();
  const own = await stage.worker();
  const [ofShared, ofOwn] = await Promise.all([shared.claim(4, 1), own.claim(4, 1)]);
  expect(ofShared.map(({ run }) => run)).toEqual([block.id]);
  expect(ofOwn.map(({ run }) => run)).toEqual([command.id]);
});

test("a project without a repository runs nothing; one that loses it ends what waits and says why", async () => {
  const stage = await startProject();
  const runs = [await stage.exec(), await stage.exec()];
  await stage.own("PATCH", paths.project(SLUG), { repository: null });
  const refused = await stage.own("POST", paths.projectRuns(SLUG), {});
  expect(await codeOf(refused)).toBe("project_without_repository");
  const machine = await stage.worker();
  expect(await machine.claim(1, 0)).toEqual([]);
  for (const { id } of runs) {
    const { state, ending } = await stage.look(id);
    expect(state).toBe("failed");
    expect(ending?.reason?.code).toBe("checkout_failed");
    expect(ending?.reason?.message).toContain("deferred projects set");
  }
});

test("what a lost attempt printed and did is void: steps are those of the last one", async () => {
  const stage = await startProject();
  const run = await stage.exec();
  const machine = await stage.worker();
  const first = await machine.claimOne();
  await machine.started(first);
  await machine.post(paths.responder.output(run.id), {
    attempt: 1,
    seq: 1,
    chunks: [{ type: "step_started", step: 1, kind: "command", name: "make" }],
  });
  await machine.finish(first, { cause: "handed_back", exit_code: null });
  const [second] = await machine.claim(1, 5);
  expect(second?.attempt).toBe(2);
  expect((await stage.look(run.id)).command?.steps).toEqual([]);
});

test("a command that may not run twice is not begun again", async () => {
  const stage = await startProject();
  const run = await stage.exec({ retry: "never" });
  const machine = await stage.worker();
  const assignment = await machine.claimOne();
  await machine.started(assignment);
  await machine.finish(assignment, { cause: "taken_back", exit_code: null });
  expect((await stage.look(run.id)).ending?.reason?.code).toBe("not_repeatable");
});

test("a repeated request with its key gives the same run, another one under it is refused", async () => {
  const stage = await startProject();
  const ask = (body: object) =>
    stage.own("POST", paths.projectRuns(SLUG), body, { "idempotency-key": "0123456789abcdef" });
  const body = { task: { do: "exec", command: "make" } };
  const [one, two] = await Promise.all([ask(body), ask(body)]);
  expect(((await one.json()) as RunCreated).id).toBe(((await two.json()) as RunCreated).id);
  expect(await codeOf(await ask({ task: { do: "exec", command: "make all" } }))).toBe(
    "idempotency_key_reused",
  );
});

test("a project's machine is woken before there is a run, and sent away when it is not needed", async () => {
  const stage = await startProject();
  expect(await (await stage.own("POST", paths.projectSleep(SLUG))).json()).toEqual({
    state: "asleep",
  });
  const woken = await stage.own("POST", paths.projectWake(SLUG));
  expect(await woken.json()).toEqual({ state: "waking" });
  const machine = await stage.worker();
  expect(await (await stage.own("POST", paths.projectWake(SLUG))).json()).toEqual({
    state: "ready",
  });
  const run = await stage.exec();
  const assignment = await machine.claimOne();
  const sent = await stage.own("POST", paths.projectSleep(SLUG));
  expect(await sent.json()).toEqual({ state: "leaving" });
  // What runs is finished; nothing more is given to it.
  const renewed = await machine.post(paths.responder.renew, {
    runs: [{ run: assignment.run, attempt: 1 }],
  });
  expect(await renewed.json()).toMatchObject({ stop: [], drain: true });
  await machine.finish(assignment);
  expect((await stage.look(run.id)).state).toBe("succeeded");
  await machine.post(paths.responder.leave, {});
  await stage.killMachine(machine.launch.launch_id);
  await eventually(async () => {
    const answer = (await (await stage.own("POST", paths.projectSleep(SLUG))).json()) as {
      state: string;
    };
    return answer.state === "asleep" ? true : undefined;
  });
});
