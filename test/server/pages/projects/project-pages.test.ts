import { expect, test } from "vitest";
import { pagePaths, paths } from "../../../../protocol/paths.ts";
import type { CommitView } from "../../../../protocol/projects.ts";
import { textOfHtml } from "../html-text.ts";
import { startPushedProject, type PushedProject } from "../../pushed-project.ts";

/** What a signed-in browser, or anybody, gets. */
function browse(project: PushedProject, cookie?: string) {
  const headers = { accept: "text/html", ...(cookie === undefined ? {} : { cookie }) };
  return (path: string) => project.call("GET", path, undefined, headers);
}

async function signedIn(project: PushedProject) {
  const { url } = (await project.own("POST", paths.signInLinks)) as { url: string };
  const response = await project.call("GET", new URL(url).pathname);
  return browse(project, response.headers.get("set-cookie")!.split(";")[0]);
}

test("who is not signed in learns nothing of a private project, not even that there is one", async () => {
  const project = await startPushedProject();
  const { run, sha, delivery } = await project.push({ subject: "Secret plan" });
  const get = browse(project);
  const { slug } = project;
  const pages = (of: string) => [
    pagePaths.project(of),
    pagePaths.runs(of),
    pagePaths.run(of, run),
    pagePaths.commit(of, sha),
    pagePaths.deliveries(of),
    pagePaths.delivery(of, delivery),
    pagePaths.notices(of),
  ];
  const missing = pages("acme/missing");
  for (const [index, path] of pages(slug).entries()) {
    const [here, none] = [await get(path), await get(missing[index]!)];
    expect([path, here.status, none.status]).toEqual([path, 401, 401]);
    // Each page leads back to its own address, and differs in nothing else.
    const back = (path: string) => `back=${encodeURIComponent(path)}"`;
    const text = await here.text();
    expect(text).toContain(back(path));
    expect(text.replace(back(path), back(missing[index]!))).toBe(await none.text());
  }
  const list = await get(pagePaths.projects);
  expect(list.status).toBe(401);
  expect(await list.text()).toContain("npm run --silent deferred -- sign-in");
  for (const path of [pagePaths.badge, pagePaths.feed]) {
    expect((await get(path(slug))).status).toBe(401);
    expect((await get(`${path(slug)}?key=${"x".repeat(22)}`)).status).toBe(401);
    expect((await get(path("acme/missing"))).status).toBe(401);
  }
});

test("a public project is everybody's to read, but for whom it tells", async () => {
  const project = await startPushedProject({ settings: { public: true } });
  const { run, sha, delivery } = await project.push({ subject: "Open plan" });
  const get = browse(project);
  const { slug } = project;
  for (const path of [
    pagePaths.projects,
    pagePaths.project(slug),
    pagePaths.runs(slug),
    pagePaths.run(slug, run),
    pagePaths.commit(slug, sha),
    pagePaths.deliveries(slug),
    pagePaths.delivery(slug, delivery),
    pagePaths.badge(slug),
    pagePaths.feed(slug),
  ]) {
    expect([path, (await get(path)).status]).toEqual([path, 200]);
  }
  expect(await (await get(pagePaths.projects)).text()).not.toContain("local/demo");
  expect((await get(pagePaths.notices(slug))).status).toBe(401);
  expect(await (await get(pagePaths.project(slug))).text()).not.toContain("key=");
  // What the provider sent is its owner's alone, whatever came of it.
  const told = await get(pagePaths.delivery(slug, delivery));
  expect(await told.text()).not.toMatch(/x-github-event|Payload/);
  expect((await get(`${paths.deliveries(slug)}/${delivery}`)).status).toBe(401);
});

test("what there is not is a page of its own for who is signed in", async () => {
  const project = await startPushedProject();
  const get = await signedIn(project);
  const { slug } = project;
  const { run } = await project.push({ subject: "Works" });
  for (const path of [
    pagePaths.project("acme/missing"),
    pagePaths.run(slug, "0".repeat(26)),
    pagePaths.run("local/demo", run),
    pagePaths.commit(slug, "f".repeat(40)),
    pagePaths.delivery(slug, "0".repeat(26)),
  ]) {
    const response = await get(path);
    expect([path, response.status]).toEqual([path, 404]);
    expect(await response.text()).toContain("There is nothing at this address.");
  }
});

test("commits are newest first by their own time, each with author, branch and state", async () => {
  const project = await startPushedProject();
  const get = await signedIn(project);
  await project.pushAndRun({ subject: "Second", minutesAgo: 5 });
  await project.pushAndRun({ subject: "First", minutesAgo: 90 }, 1);
  await project.push({
    subject: "Third",
    branch: "next",
    author: { name: "Eve", email: "e@x.org" },
  });
  const text = textOfHtml(await (await get(pagePaths.project(project.slug))).text());
  const rows = text.slice(text.indexOf("Branch or tag")).replace(/\s+/g, " ");
  expect(rows).toMatch(
    /Waiting Third \w+ Eve next 1 run just now.* Succeeded Second \w+ Ada Author main 1 run 5 min ago.* Failed First \w+ Ada Author main 1 run 1 h ago/,
  );
  const next = await (
    await get(`${pagePaths.project(project.slug)}?branch=refs%2Fheads%2Fnext`)
  ).text();
  expect(next).toContain("Third");
  expect(next).not.toContain("Second</a>");
});

test("a commit that was pushed to several branches is on each of them", async () => {
  const project = await startPushedProject();
  const get = await signedIn(project);
  const { slug } = project;
  const branches = ["main", "next", "release/1", "release/2"];
  const { sha } = await project.push({ subject: "Fixes it" });
  for (const branch of branches) await project.push({ subject: "Fixes it", sha, branch });
  await project.push({ subject: "Another", branch: "next" });
  const words = async (path: string) => {
    const text = textOfHtml(await (await get(path)).text()).replace(/\s+/g, " ");
    return text.slice(text.indexOf("Branch or tag"));
  };
  expect(await words(pagePaths.project(slug))).toMatch(
    /Fixes it \w+ Ada Author \S+, \S+ and 2 more 5 runs/,
  );
  for (const branch of branches) {
    const path = `${pagePaths.project(slug)}?branch=${encodeURIComponent(branch)}`;
    expect([branch, await words(path)]).toEqual([branch, expect.stringContaining("Fixes it")]);
  }
  expect(await words(`${pagePaths.project(slug)}?branch=main`)).not.toContain("Another");
  const page = textOfHtml(await (await get(pagePaths.commit(slug, sha))).text());
  const [, on = ""] = /On ((?:\S+, ){3}\S+) /.exec(page.replace(/\s+/g, " ")) ?? [];
  expect(on.split(", ").toSorted()).toEqual(branches);
  const view = (await project.own("GET", paths.commit(slug, sha))) as CommitView;
  expect(view.refs.toSorted()).toEqual(branches.map((branch) => `refs/heads/${branch}`));
  const listed = (await project.own("GET", `${paths.commits(slug)}?branch=main`)) as {
    commits: CommitView[];
  };
  expect(listed.commits.map((one) => one.sha)).toEqual([sha]);
});

test("strangers' text stays text, wherever it stands", async () => {
  const project = await startPushedProject();
  const get = await signedIn(project);
  const evil = `<script>alert(1)</script><img src=x onerror=alert(1)>"'&`;
  const { run, sha, delivery } = await project.push({
    subject: evil,
    branch: `x"><script>`.replace(/[ <>"]/g, "'"),
    author: { name: evil, email: "ada@example.org" },
  });
  const assignment = await project.claim();
  await project.steps(assignment, [
    {
      name: evil,
      output: `${evil}\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07\x1b[31m${evil}`,
      exit: 1,
    },
  ]);
  await project.finish(assignment, { cause: "refused", reason: "file_invalid", detail: evil });
  const { slug } = project;
  for (const path of [
    pagePaths.projects,
    pagePaths.project(slug),
    pagePaths.runs(slug),
    pagePaths.run(slug, run),
    pagePaths.commit(slug, sha),
    pagePaths.delivery(slug, delivery),
    pagePaths.feed(slug),
  ]) {
    const response = await get(path);
    const text = await response.text();
    expect([path, response.status]).toEqual([path, 200]);
    expect(text).not.toMatch(/<script>|<img src=x|javascript:/);
    expect(text).toContain("&lt;script&gt;");
    const policy = response.headers.get("content-security-policy")!;
    expect(policy).toMatch(/default-src 'none'; script-src 'self'; style-src 'self'/);
    expect(response.headers.get("referrer-policy")).toBe("same-origin");
  }
});

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

test("a long list goes on at Older, and shows each commit once", async () => {
  const project = await startPushedProject();
  const get = await signedIn(project);
  const subjects = Array.from({ length: 35 }, (_, index) => `Commit ${index + 1}.`);
  for (const [index, subject] of subjects.entries()) {
    await project.push({ subject, minutesAgo: Math.floor(index / 2) });
  }
  const seen: string[] = [];
  let path: string | undefined = pagePaths.project(project.slug);
  while (path) {
    const html = await (await get(path)).text();
    const commits = html.slice(html.indexOf('id="commits"'));
    seen.push(...[...commits.matchAll(/>(Commit \d+\.)</g)].map(([, subject]) => subject!));
    const older: string | undefined = /href="(\?[^"]*before=[^"]*)" rel="next"/.exec(commits)?.[1];
    path = older && pagePaths.project(project.slug) + older.replaceAll("&amp;", "&");
  }
  expect(seen.toSorted()).toEqual(subjects.toSorted());
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

test("a list that goes on after a row that is gone answers with a page, as other wrong addresses do", async () => {
  const project = await startPushedProject();
  const get = await signedIn(project);
  const { slug } = project;
  for (const path of [pagePaths.project(slug), pagePaths.runs(slug), pagePaths.deliveries(slug)]) {
    const response = await get(`${path}?before=gone`);
    expect([path, response.status]).toEqual([path, 404]);
    expect(await response.text()).toContain("There is nothing at this address.");
  }
});
