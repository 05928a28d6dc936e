import { expect, test } from "vitest";
import { pagePaths, paths } from "../../../../protocol/paths.ts";
import { textOfHtml } from "../html-text.ts";
import { startPushedProject } from "../../pushed-project.ts";
import { signedIn } from "./browse.ts";

test("a run says why it failed and what to do, and each of its steps how it ended", async () => {
  const project = await startPushedProject();
  const get = await signedIn(project);
  const { run, sha, delivery } = await project.push({ subject: "Breaks" });
  const assignment = await project.claim();
  await project.steps(assignment, [
    { kind: "checkout", name: "Check out 1234567" },
    { name: "npm test", output: "1 failed\n", exit: 3 },
  ]);
  const detail = "Line 3, commands: it has to be a list.";
  await project.finish(assignment, {
    cause: "refused",
    reason: "file_invalid",
    detail,
    exit_code: null,
  });
  const html = await (await get(pagePaths.run(project.slug, run))).text();
  const text = textOfHtml(html).replace(/\s+/g, " ");
  expect(text).toContain("Failed after 3.2 s. The project's .deferred-server file is not right.");
  expect(text).toContain(`${detail} Correct the file and push again.`);
  expect(text).toMatch(/Check out 1234567 1\.4 s .*npm test exit status 3 · 1\.4 s 1 failed/);
  expect(html).toContain(pagePaths.commit(project.slug, sha));
  expect(html).toContain(pagePaths.delivery(project.slug, delivery));
  expect(html).toContain(paths.runResult(run));
  expect(html).not.toContain("data-events");
  // What a page appends is nobody else's either.
  const live = pagePaths.liveRun(project.slug, run);
  expect((await project.call("GET", live)).status).toBe(401);
  expect((await get(`${live}?after=99999`)).status).toBe(204);
  expect((await get(`${live}?after=x`)).status).toBe(400);
  expect((await get(pagePaths.liveRun("local/demo", run))).status).toBe(404);
});

test("a run that waits behind another of its branch says so", async () => {
  const project = await startPushedProject();
  const get = await signedIn(project);
  await project.push({ subject: "First" });
  const { run } = await project.push({ subject: "Second" });
  await project.claim();
  const text = textOfHtml(await (await get(pagePaths.run(project.slug, run))).text());
  expect(text).toContain("Waiting for an earlier run of this branch to end.");
});

test("webhooks that were refused for their signature are counted where one looks for them", async () => {
  const project = await startPushedProject();
  const get = await signedIn(project);
  const path = pagePaths.deliveries(project.slug);
  expect(await (await get(path)).text()).not.toContain("refused");
  const send = (headers: Record<string, string>) =>
    project.call("POST", new URL(project.project.hooks!.github).pathname, "{}", headers);
  for (let times = 0; times < 3; times++) {
    const wrong = { "x-github-event": "push", "x-hub-signature-256": `sha256=${"0".repeat(64)}` };
    expect((await send(wrong)).status).toBe(401);
  }
  expect((await send({ "x-github-event": "push" })).status).toBe(401);
  const page = await (await get(path)).text();
  expect(page).toContain(`href="${pagePaths.webhook(project.slug)}"`);
  const text = textOfHtml(page).replace(/\s+/g, " ");
  expect(text).toMatch(
    /3 calls from GitHub were refused. The last came just now, with a signature of another secret/,
  );
  expect(text).toMatch(
    /1 call from GitHub was refused. The last came just now, without a signature/,
  );
  expect(text).toContain("No deliveries yet.");
});

test("a run that was tried again says why, and takes as long everywhere", async () => {
  const project = await startPushedProject();
  const get = await signedIn(project);
  const { run } = await project.push({ subject: "Moves" });
  const worker = await project.worker();
  const first = await project.claim();
  await worker.started(first);
  await worker.finish(first, { cause: "handed_back", exit_code: null });
  const words = async () =>
    textOfHtml(await (await get(pagePaths.run(project.slug, run))).text()).replace(/\s+/g, " ");
  const why = "1 of 3: The machine had to stop and gave the run back.";
  expect(await words()).toContain(why);
  const second = await project.claim();
  await worker.started(second);
  expect(await words()).toMatch(/1 of 3: The machine had to stop .* 2 of 3: this one/);
  await worker.finish(second, { exit_code: 1, ran_s: 83 });
  expect(await words()).toContain(why);
  expect(await words()).toContain("Failed with exit status 1 after 1 min 23 s.");
  const list = textOfHtml(await (await get(pagePaths.runs(project.slug))).text());
  expect(list).toContain("1 min 23 s");
  const { runs } = (await project.own("GET", paths.projectRuns(project.slug))) as {
    runs: { ran_s: number }[];
  };
  expect(runs.map(({ ran_s }) => ran_s)).toEqual([83]);
});
