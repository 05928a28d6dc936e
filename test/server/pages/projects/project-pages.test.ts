import { expect, test } from "vitest";
import { pagePaths, paths } from "../../../../protocol/paths.ts";
import type { CommitView } from "../../../../protocol/projects.ts";
import { textOfHtml } from "../html-text.ts";
import { startPushedProject } from "../../pushed-project.ts";
import { signedIn, browse } from "./browse.ts";

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
