import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { pagePaths, paths } from "../../../protocol/paths.ts";
import type { RunListSchema } from "../../../protocol/projects.ts";
import type { Result } from "../../../protocol/run.ts";
import type { InferOutput } from "valibot";
import { signIn } from "../sign-in.ts";
import { codeOf, eventsOf, url } from "../system.ts";
import { commit, SLUG, startProject } from "./stage.ts";

test("a checkout tells what the run is about; its steps are in the view, the events and the result", async () => {
  const stage = await startProject();
  const run = await stage.exec({ task: { do: "file" }, revision: { of: "ref" } });
  expect((await stage.look(run.id)).command).toMatchObject({
    project: SLUG,
    trigger: "exec",
    title: ".deferred-server at the default branch",
    ref: null,
    commits: [],
    steps: [],
    page_url: `${url}/projects/${SLUG}/runs/${run.id}`,
  });
  const machine = await stage.worker();
  const assignment = await machine.claimOne();
  await machine.started(assignment);
  const head = commit("Say hello");
  const found = {
    attempt: 1,
    commits: [head],
    ref: "refs/heads/main",
    default_branch: "main",
    schedule: [{ cron: "0 3 * * *" }],
    secrets: ["DATABASE_URL"],
  };
  for (let times = 0; times < 2; times++) {
    expect((await machine.post(paths.responder.checkout(run.id), found)).status).toBe(200);
  }
  await machine.post(paths.responder.output(run.id), {
    attempt: 1,
    seq: 1,
    chunks: [
      { type: "step_started", step: 1, kind: "checkout", name: "Check out the commit" },
      { type: "step_ended", step: 1, exit_code: 0, signal: null, ran_s: 0.2 },
      { type: "step_started", step: 2, kind: "command", name: "make" },
      { stream: "stdout", text: "hello\n" },
    ],
  });
  const cookie = await signIn(stage);
  const shown = await stage.call("GET", pagePaths.run(SLUG, run.id), undefined, { cookie });
  expect(await shown.text()).toMatch(/<dt>Secrets<\/dt>\s*<dd><code>DATABASE_URL<\/code>/);
  const during = await stage.look(run.id);
  expect(during.command).toMatchObject({
    title: "Say hello",
    ref: "refs/heads/main",
    commits: [head.sha],
    steps: [
      { step: 1, kind: "checkout", exit_code: 0, ran_s: 0.2 },
      { step: 2, kind: "command", exit_code: null, ran_s: null },
    ],
  });
  await machine.post(paths.responder.output(run.id), {
    attempt: 1,
    seq: 2,
    chunks: [{ type: "step_ended", step: 2, exit_code: 2, signal: null, ran_s: 1.5 }],
  });
  await machine.finish(assignment, { exit_code: 2 });

  const events = await eventsOf(await stage.own("GET", paths.runEvents(run.id)));
  expect(events.map(({ data }) => data.type).filter((type) => type !== "waking")).toEqual([
    "queued",
    "attempt_started",
    "step_started",
    "step_ended",
    "step_started",
    "output",
    "step_ended",
    "ended",
  ]);
  const redirect = await stage.own("GET", paths.runResult(run.id));
  const result = (await (
    await stage.app.request(redirect.headers.get("location")!)
  ).json()) as Result;
  expect(result).toMatchObject({ state: "failed", exit_code: 2, stdout: "hello\n" });
  expect(result.command?.steps).toMatchObject([{ exit_code: 0 }, { name: "make", exit_code: 2 }]);
  const project = await (await stage.own("GET", paths.project(SLUG))).json();
  expect(project).toMatchObject({
    default_branch: "main",
    last_run: { id: run.id, commit: head.sha },
  });
});

test("with curl, steps and output come as they happen", async () => {
  const stage = await startProject();
  const machine = stage.worker();
  const response = await stage.own(
    "POST",
    paths.projectRuns(SLUG),
    { task: { do: "exec", command: "make" } },
    { accept: "text/plain" },
  );
  const assignment = await (await machine).claimOne();
  await (await machine).started(assignment);
  await (
    await machine
  ).post(paths.responder.output(assignment.run), {
    attempt: 1,
    seq: 1,
    chunks: [
      { type: "step_started", step: 1, kind: "checkout", name: "Check out 0123abc" },
      { type: "step_ended", step: 1, exit_code: 0, signal: null, ran_s: 0.2 },
      { type: "step_started", step: 2, kind: "command", name: "make" },
      { stream: "stdout", text: "no newline" },
      { type: "step_ended", step: 2, exit_code: 3, signal: null, ran_s: 1.54 },
    ],
  });
  await (await machine).finish(assignment, { exit_code: 3 });
  expect(await response.text()).toBe(
    "[Check out 0123abc]\n[make]\nno newline\n[exit status 3 after 1.5 s]\n[failed: exit status 3]\n",
  );
});

test("runs and commits are listed newest first, a page at a time", async () => {
  const stage = await startProject();
  await stage.exec({ revision: { of: "history", days: 3, ref: "main" } });
  const machine = await stage.worker();
  const commits = [commit("older", 1), commit("newest", 9), commit("middle", 5)];
  const first = await machine.claimOne();
  await machine.post(paths.responder.checkout(first.run), {
    attempt: 1,
    commits,
    ref: "refs/heads/main",
  });
  await machine.finish(first);
  const runs = [first.run];
  for (let count = 0; count < 4; count++) runs.unshift((await stage.exec()).id);
  const list = async (query: string) => {
    const answer = await stage.own("GET", `${paths.projectRuns(SLUG)}?${query}`);
    if (!answer.ok) return [await codeOf(answer)];
    return ((await answer.json()) as InferOutput<typeof RunListSchema>).runs.map(({ id }) => id);
  };
  const sorted = (ids: string[]) => ids.toSorted();
  expect(sorted(await list(""))).toEqual(sorted(runs));
  const page = await list("limit=2");
  const next = await list(`limit=2&before=${page[1]}`);
  const last = await list(`limit=2&before=${next[1]}`);
  expect(sorted([...page, ...next, ...last])).toEqual(sorted(runs));
  expect(await list("state=succeeded")).toEqual([first.run]);
  expect(sorted(await list("state=open"))).toEqual(sorted(runs.slice(0, 4)));
  expect(await list(`commit=${commits[2]!.sha}`)).toEqual([first.run]);
  expect(await list("state=unknown")).toEqual(["query_invalid"]);
  expect(await list("limit=0")).toEqual(["query_invalid"]);
  expect(await list("before=nothing")).toEqual(["query_invalid"]);

  const commitList = async (query: string) => {
    const answer = await stage.own("GET", `${paths.commits(SLUG)}?${query}`);
    const body = (await answer.json()) as { commits: { sha: string }[] };
    return body.commits.map(({ sha }) => sha);
  };
  const [older, newest, middle] = commits.map(({ sha }) => sha);
  expect(await commitList("")).toEqual([newest, middle, older]);
  expect(await commitList(`limit=1&before=${newest}`)).toEqual([middle]);
  expect(await commitList("branch=main")).toHaveLength(3);
  expect(await commitList("branch=other")).toEqual([]);
  const one = await stage.own("GET", paths.commit(SLUG, newest!));
  expect(await one.json()).toMatchObject({ sha: newest, state: "succeeded", runs: 1 });
  expect(await codeOf(await stage.own("GET", paths.commit(SLUG, "0".repeat(40))))).toBe(
    "commit_not_found",
  );
});

test("an artifact of a command run is uploaded in private and read by an address for minutes", async () => {
  const stage = await startProject();
  const run = await stage.exec();
  const machine = await stage.worker();
  const assignment = await machine.claimOne();
  const body = "<h1>Report</h1>";
  const entry = {
    name: "out/r 1.html",
    type: "text/html; charset=utf-8",
    size: body.length,
    sha256: createHash("sha256").update(body).digest("hex"),
  };
  const announced = await machine.post(paths.responder.artifacts(run.id), {
    attempt: 1,
    artifacts: [entry],
  });
  const { uploads } = (await announced.json()) as {
    uploads: { url: string; headers: Record<string, string> }[];
  };
  expect(new URL(uploads[0]!.url).pathname).toBe(`/v1/uploads/private/${run.id}/1/out/r%201.html`);
  await stage.app.request(uploads[0]!.url, { method: "PUT", body, headers: uploads[0]!.headers });
  await machine.finish(assignment, {}, { artifacts: [entry] });

  const { ending, result_url } = await stage.look(run.id);
  const [artifact] = ending!.artifacts;
  expect(artifact!.url).toBe(`${url}/v1/runs/${run.id}/artifacts/1/out/r%201.html`);
  expect(result_url).toBe(`${url}/v1/runs/${run.id}/result`);
  const path = new URL(artifact!.url).pathname;
  const signed = (await stage.own("GET", path)).headers.get("location")!;
  const file = await stage.app.request(signed);
  expect(await file.text()).toBe(body);
  expect(file.headers.get("cache-control")).toBe("private, no-store");
  expect(file.headers.get("access-control-allow-origin")).toBeNull();
  expect(file.headers.get("content-security-policy")).toContain("sandbox");
  // Neither without the signature, nor where blocks' files are.
  expect((await stage.app.request(signed.replace(/\?.*/, ""))).status).toBe(404);
  expect((await stage.app.request(`/results/${run.id}/1/out/r%201.html`)).status).toBe(404);
  expect((await stage.app.request(`/results/${run.id}/result.json`)).status).toBe(404);
  for (const other of [path.replace("/1/", "/2/"), path.replace("r%201", "r%202")]) {
    expect(await codeOf(await stage.own("GET", other))).toBe("file_not_found");
  }
});
