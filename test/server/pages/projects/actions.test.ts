import type { Delivery } from "../../../../protocol/deliveries.ts";
import { expect, test } from "vitest";
import { pagePaths, paths } from "../../../../protocol/paths.ts";
import type { RunSummary } from "../../../../protocol/projects.ts";
import { startGitHubApi } from "../../../services/github-api.ts";
import { playGitHubHooks } from "../../../services/github-hooks.ts";
import { eventually } from "../../../eventually.ts";
import { githubBody } from "../../hooks/senders.ts";
import { signIn } from "../../sign-in.ts";
import { startPushedProject } from "../../pushed-project.ts";
import { startSystem } from "../../system.ts";
import { formClient } from "./form-client.ts";

async function start() {
  const project = await startPushedProject();
  const { slug } = project;
  const runs = async () =>
    ((await project.own("GET", paths.projectRuns(slug))) as { runs: RunSummary[] }).runs;
  return { project, slug, runs, ...formClient(project, await signIn(project)) };
}

test("a run is started, canceled and started again by forms, each press once", async () => {
  const { slug, runs, get, post } = await start();
  const form = await get(pagePaths.runNow(slug));
  const request = /name="request"\s+value="([0-9a-z]+)"/.exec(form.text)?.[1] ?? "";
  const fields = { at: "release/2", command: "npm test\r\n", request };
  const made = await post(pagePaths.runNow(slug), fields);
  expect(made.status).toBe(303);
  expect((await post(pagePaths.runNow(slug), fields)).to).toBe(made.to);
  const [run] = await runs();
  expect(await runs()).toMatchObject([{ title: "npm test", trigger: "exec" }]);
  expect(made.to).toBe(pagePaths.run(slug, run!.id));

  const mistaken = await post(pagePaths.runNow(slug), { at: "a..b", command: "" });
  expect([mistaken.status, mistaken.text]).toEqual([422, expect.stringContaining('value="a..b"')]);

  const cancel = pagePaths.cancelRun(slug, run!.id);
  expect((await get(made.to ?? "")).text).toContain(`href="${cancel}"`);
  expect((await get(cancel)).text).toContain("Cancel this run?");
  expect((await post(cancel)).to).toBe(made.to);
  await eventually(async () => (await runs())[0]?.state === "canceled" || undefined);
  expect((await get(cancel)).text).toContain("The run has ended.");
  const other = pagePaths.cancelRun("local/demo", run!.id);
  expect((await get(other)).status).toBe(404);

  const again = await post(pagePaths.runAgain(slug, run!.id), { request: "a".repeat(26) });
  expect(again.status).toBe(303);
  expect((await post(pagePaths.runAgain(slug, run!.id), { request: "a".repeat(26) })).to).toBe(
    again.to,
  );
  const ends = (await runs()).map(({ title, ended_at }) => [title, ended_at !== null]);
  expect(ends).toEqual([
    ["npm test", false],
    ["npm test", true],
  ]);
});

test("of a matrix, only what failed is run again, and the rest links to where it went well", async () => {
  const { project, slug, get, post } = await start();
  const { run } = await project.push({ subject: "Moves" });
  const assignment = await project.claim();
  await project.steps(assignment, [
    { kind: "checkout", name: "Check out" },
    { name: "A=1: test", pass: 1 },
    { name: "A=2: test", pass: 2, exit: 1 },
  ]);
  await project.finish(assignment, { exit_code: 1 });
  expect((await get(pagePaths.run(slug, run))).text).toContain("Run failed again");
  const fields = { request: "a".repeat(26), only: "failed" };
  const made = await post(pagePaths.runAgain(slug, run), fields);
  expect(made).toMatchObject({ status: 303, to: expect.any(String) });
  const again = await project.claim();
  expect(again.work).toMatchObject({ taken_over: [{ pass: 1, run }] });
  await project.steps(again, [
    { name: "A=1", pass: 1 },
    { name: "A=2: test", pass: 2 },
  ]);
  await project.finish(again);
  const page = (await get(made.to ?? "")).text;
  expect(page).toContain(`href="${pagePaths.run(slug, run)}">the earlier run</a>`);
  expect(page).not.toContain("Run failed again");
  await expect(
    project.own("POST", paths.runAgain(slug, again.run), { failed: true }),
  ).rejects.toThrow("nothing_to_take_over");
  const whole = await project.own("POST", paths.runAgain(slug, run), {});
  expect(whole).toMatchObject({ state: "queued" });
});

test("a delivery is replayed by a button, and what can't be says why", async () => {
  const { project, slug, get, post, runs } = await start();
  const { delivery } = await project.push({ subject: "Moves" });
  expect((await get(pagePaths.delivery(slug, delivery))).text).toContain("Replay");
  const replayed = await post(pagePaths.replayDelivery(slug, delivery));
  const [newest] = await runs();
  expect(newest).toMatchObject({ trigger: "replay" });
  expect(replayed.to).toBe(pagePaths.run(slug, newest!.id));
  const ping = await project.deliver("ping", {});
  const refused = await post(pagePaths.replayDelivery(slug, ping.delivery));
  expect([refused.status, refused.text]).toEqual([
    409,
    expect.stringContaining("Nothing was changed"),
  ]);
});

test("a held pull request runs once or is approved by a button of its row", async () => {
  const { project, slug, get, post, runs } = await start();
  const settings = { pull_requests: true, approve_strangers: true };
  await project.own("PATCH", paths.project(slug), { settings });
  const opened = JSON.parse(await githubBody("pull-request-opened")) as PullRequestOpened;
  const send = (commit: string) => {
    const { head, ...request } = opened.pull_request;
    const theirs = { ...head, sha: commit.repeat(40), repo: { id: 99 } };
    const stranger = { id: 7, login: "eve" };
    const pull_request = { ...request, head: theirs, user: stranger };
    return project.deliver("pull_request", { ...opened, pull_request });
  };
  const first = await send("a");
  const approve = pagePaths.approveDelivery(slug, first.delivery);
  const once = pagePaths.replayDelivery(slug, first.delivery);
  for (const page of [pagePaths.deliveries(slug), pagePaths.delivery(slug, first.delivery)]) {
    const { text } = await get(page);
    expect([text.includes(`action="${approve}"`), text.includes(`action="${once}"`)]).toEqual([
      true,
      true,
    ]);
  }
  expect((await post(once)).to).toBe(pagePaths.run(slug, (await runs())[0]!.id));
  // What ran no longer waits in the list.
  const { deliveries } = (await project.own("GET", paths.deliveries(slug))) as {
    deliveries: Delivery[];
  };
  const replay = deliveries.find(({ replay_of: of }) => of === first.delivery);
  for (const page of [
    pagePaths.deliveries(slug),
    // Without the row of the replay.
    `${pagePaths.deliveries(slug)}?before=${replay!.id}`,
    pagePaths.delivery(slug, first.delivery),
  ]) {
    expect((await get(page)).text).not.toContain(approve);
  }
  expect(await send("b")).toMatchObject({ outcome: "held" });
  expect((await post(approve)).to).toBe(pagePaths.run(slug, (await runs())[0]!.id));
  expect(await send("c")).toMatchObject({ outcome: "run" });
});

/** The part of a delivery that these tests change. */
interface PullRequestOpened {
  pull_request: { head: object };
}

test("a project is added with a GitHub token, which sets the webhook and is forgotten", async () => {
  const token = "github_pat_once";
  let reach = async (..._delivery: [string, Record<string, string>, string]) => 0;
  const hooks = playGitHubHooks({
    ...{ token, repository: "Acme/site" },
    deliver: (...delivery) => reach(...delivery),
  });
  const { url: api } = await startGitHubApi({ repository: "Acme/site", hooks });
  const system = await startSystem({ DEFERRED_ALLOW_PRIVATE: "1", DEFERRED_GITHUB_API: api });
  reach = async (url, headers, body) =>
    (await system.call("POST", new URL(url).pathname, body, headers)).status;
  const { get, post } = formClient(system, await signIn(system));
  const repository = "http://127.0.0.1/Acme/site.git";

  const wrong = await post(pagePaths.newProject, { repository, token: "github_pat_other" });
  expect(wrong.status).toBe(422);
  expect(wrong.text).toContain("may not write the webhooks of Acme/site");
  expect(wrong.text).not.toContain("github_pat_other");
  expect((await get(pagePaths.project("acme/site"))).status).toBe(404);

  const added = await post(pagePaths.newProject, { repository, token });
  expect([added.status, added.text]).toEqual([
    200,
    expect.stringContaining("GitHub calls this project now."),
  ]);
  expect(added.text).not.toContain("whsec_");
  expect(hooks.hooks).toMatchObject([{ active: true, events: ["push", "pull_request"] }]);
  const stored = await get(pagePaths.repository("acme/site"));
  expect(stored.text).not.toContain("Replace");
  expect((await get(pagePaths.deliveries("acme/site"))).text).toContain("ping");

  // Set again it is the same webhook, and the token is kept where its owner says so.
  reach = async () => 502;
  const connect = pagePaths.connectGitHub("acme/site");
  const again = await post(connect, { token, keep: "on" });
  expect(again.text).toContain("GitHub’s ping did not come.");
  expect(again.text).toContain("Refused (502)");
  expect(hooks.hooks).toHaveLength(1);
  expect((await get(pagePaths.repository("acme/site"))).text).toContain("Replace");
}, 20_000);

test("a project that is added without a token shows its address and secret once", async () => {
  const system = await startSystem({ DEFERRED_ALLOW_PRIVATE: "1" });
  const { get, post } = formClient(system, await signIn(system));
  const repository = "http://127.0.0.1/acme/site.git";
  const nameless = await post(pagePaths.newProject, { repository: "http://127.0.0.1/" });
  expect([nameless.status, nameless.text]).toEqual([422, expect.stringContaining("Enter a name")]);
  const added = await post(pagePaths.newProject, { repository, public: "on" });
  expect(added.text).toMatch(/v1\/hooks\/github\/[0-9a-z]{26}/);
  expect(added.text).toMatch(/whsec_/);
  const twice = await post(pagePaths.newProject, { repository });
  expect([twice.status, twice.text]).toEqual([
    422,
    expect.stringContaining("names are not reused"),
  ]);
  const start = (await get("/")).text;
  expect(start).toContain("Nothing has run yet.");
  expect((await get("/projects?q=SITE")).text).toContain(pagePaths.project("acme/site"));
  expect((await get("/projects?q=other")).text).not.toContain(pagePaths.project("acme/site"));
});

test("the start page shows what is under way and what failed, of all projects", async () => {
  const { project, slug, get, post } = await start();
  await post(pagePaths.runNow(slug), { at: "", command: "echo mine" });
  await project.push({ subject: "Somebody's push" });
  const { text } = await get("/");
  expect(text).toContain("Under way");
  // One's own come first, also where others are newer.
  expect(text.match(/echo mine|started by you|Somebody&#39;s push/g)).toEqual([
    "echo mine",
    "started by you",
    "Somebody&#39;s push",
  ]);
  expect(text).toContain(pagePaths.project(slug));
  expect((await get(pagePaths.examples)).text).toContain("<deferred-runner");
});
