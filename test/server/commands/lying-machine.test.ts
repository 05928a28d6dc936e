import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Commit } from "../../../protocol/command.ts";
import { paths } from "../../../protocol/paths.ts";
import type { CommitView } from "../../../protocol/projects.ts";
import type { Assignment } from "../../../protocol/responder.ts";
import type { RunView } from "../../../protocol/run.ts";
import { eventually } from "../../eventually.ts";
import { startGitHubApi } from "../../services/github-api.ts";
import { startMailbox } from "../../services/mailbox.ts";
import { told } from "../notices/told.ts";
import type { Machine } from "../played-machine.ts";
import { startPushedProject, type PushedProject } from "../pushed-project.ts";
import { codeOf } from "../system.ts";

const SLUG = "acme/site";
const TOKEN = "ghp_0123456789abcdefghijklmnopqrstuvwxyz";
const MALLORY = "mallory@evil.example";
const shaOf = (text: string) => createHash("sha1").update(text).digest("hex");

/** A commit as a machine that lies tells of it. */
const lieAbout = (sha: string): Commit => ({
  sha,
  message: "Pwned by the fork",
  author_name: "Mallory",
  author_email: MALLORY,
  committed_at: "2026-01-01T00:00:00Z",
});

/** The pull request of a fork, whose machine the test plays. */
async function forked(project: PushedProject): Promise<{ machine: Machine; work: Assignment }> {
  await project.deliver("pull_request", {
    action: "opened",
    number: 7,
    pull_request: {
      title: "Improve the words",
      head: { sha: shaOf("fork"), repo: { id: 2 } },
      base: { sha: shaOf("base"), repo: { id: 1 } },
    },
    repository: { default_branch: "main" },
  });
  const machine = await project.machine({ runtimes: [{ name: "bash", version: "5.2.15" }] });
  return { machine, work: await machine.claimOne() };
}

const tell = (machine: Machine, { run, attempt }: Assignment, more: object) =>
  machine.post(paths.responder.checkout(run), { attempt, ...more });

const commitOf = async (project: PushedProject, sha: string) =>
  (await project.own("GET", paths.commit(SLUG, sha))) as CommitView;

const viewOf = async (project: PushedProject, run: string) =>
  (await project.own("GET", paths.run(run))) as RunView;

test("a fork's machine that names another commit has no status posted there", async () => {
  const gitHub = await startGitHubApi({ token: TOKEN, repository: SLUG });
  const project = await startPushedProject({
    settings: { pull_requests: true },
    more: { github_token: TOKEN },
    env: { DEFERRED_GITHUB_API: gitHub.url },
    times: { noticeDelays: [20] },
  });
  const { machine, work } = await forked(project);
  const main = shaOf("a commit on main that failed");
  const lie = { commits: [lieAbout(main)], ref: "refs/heads/main" };
  expect((await tell(machine, work, lie)).status).toBe(200);
  await machine.started(work);
  await machine.finish(work);
  await eventually(
    async () => gitHub.statuses.some(({ state }) => state === "success") || undefined,
  );
  await told(project);
  expect(new Set(gitHub.statuses.map(({ sha }) => sha))).toEqual(new Set([shaOf("fork")]));
});

test("nor does it change what is known of other commits, of its own run or of the project", async () => {
  const project = await startPushedProject({ settings: { pull_requests: true } });
  const { sha } = await project.push({ subject: "Own work" });
  await project.claim();
  const before = await commitOf(project, sha);
  const { machine, work } = await forked(project);
  const run = (await viewOf(project, work.run)).command;
  expect(run).toMatchObject({ title: "Improve the words", ref: "refs/pull/7/head" });
  const lie = {
    commits: [lieAbout(sha), lieAbout(shaOf("fork"))],
    ref: "refs/heads/main",
    default_branch: "evil",
    schedule: [{ cron: "* * * * *" }],
  };
  expect((await tell(machine, work, lie)).status).toBe(200);
  expect(await commitOf(project, sha)).toEqual(before);
  expect((await viewOf(project, work.run)).command).toEqual(run);
  expect(await project.own("GET", paths.project(SLUG))).toMatchObject({ default_branch: "main" });
  // Of its own commit nothing was known.
  expect(await commitOf(project, shaOf("fork"))).toMatchObject({
    author_name: "Mallory",
    refs: ["refs/pull/7/head"],
  });
});

test("no mail about the project's own run goes to an address that another machine named", async () => {
  const mailbox = await startMailbox();
  const project = await startPushedProject({
    settings: { pull_requests: true },
    env: { SMTP_URL: mailbox.url },
    times: { noticeDelays: [20] },
  });
  const { run, sha } = await project.push({ subject: "Own work" });
  const own = await project.claim();
  await project.steps(own, [{ name: "npm test", output: "secret words\n", exit: 1 }]);
  const { machine, work } = await forked(project);
  await tell(machine, work, { commits: [lieAbout(sha)] });
  await project.finish(own, { exit_code: 1 });
  await eventually(async () => mailbox.mails[0]);
  expect(own.run).toBe(run);
  expect(mailbox.mails.flatMap(({ to }) => to)).toEqual(["ada@example.org"]);
});

test("a machine of the project's own says nothing of commits and branches that it was not asked for", async () => {
  const project = await startPushedProject();
  const first = await project.push({ subject: "First" });
  const firstWork = await project.claim();
  await project.finish(firstWork);
  const second = await project.push({ subject: "Second", branch: "side" });
  const work = await project.claim();
  expect(work.run).toBe(second.run);
  const machine = await project.worker();
  const before = await commitOf(project, first.sha);
  await tell(machine, work, { commits: [lieAbout(first.sha)], ref: "refs/heads/main" });
  expect(await commitOf(project, first.sha)).toEqual(before);
  expect((await viewOf(project, second.run)).command).toMatchObject({
    title: "Second",
    ref: "refs/heads/side",
    commits: [second.sha],
  });
});

test("a tip that a machine reports gets no status: the server named no commit", async () => {
  const gitHub = await startGitHubApi({ token: TOKEN, repository: SLUG });
  const project = await startPushedProject({
    more: { github_token: TOKEN },
    env: { DEFERRED_GITHUB_API: gitHub.url },
    times: { noticeDelays: [20] },
  });
  const { run, sha } = await project.push({ subject: "Pushed" });
  const work = await project.claim();
  await project.finish(work);
  const delivery = await project.deliverGeneric({ type: "push", data: { ref: "main" } });
  const tip = await project.claim();
  expect([work.run, tip.run]).toEqual([run, delivery.run]);
  const machine = await project.worker();
  await tell(machine, tip, { commits: [lieAbout(shaOf("old"))], ref: "refs/heads/main" });
  await project.finish(tip);
  await told(project);
  await eventually(
    async () => gitHub.statuses.some(({ state }) => state === "success") || undefined,
  );
  expect(new Set(gitHub.statuses.map((status) => status.sha))).toEqual(new Set([sha]));
});

test("a checkout is told once an attempt, and little is stored of it", async () => {
  const project = await startPushedProject({ settings: { pull_requests: true } });
  const { machine, work } = await forked(project);
  const many = (length: number, of: Partial<Commit> = {}) =>
    Array.from({ length }, (_, index) => ({ ...lieAbout(shaOf(`${index}`)), ...of }));
  const sizeOf = () =>
    readdirSync(project.root)
      .filter((name) => name.startsWith("deferred.db"))
      .reduce((sum, name) => sum + statSync(join(project.root, name)).size, 0);
  const before = sizeOf();
  expect((await tell(machine, work, { commits: many(400) })).status).toBe(200);
  expect((await tell(machine, work, { commits: many(400) })).status).toBe(200);
  const other = await tell(machine, work, { commits: many(399) });
  expect(await codeOf(other)).toBe("upload_refused");
  expect(sizeOf() - before).toBeLessThan(1_000_000);
});

interface Unbounded {
  ref?: string;
  default_branch?: string;
  /** Of 10,000 characters each. */
  messages?: number;
}

test.each<[string, Unbounded]>([
  ["a ref without end", { ref: `refs/heads/${"r".repeat(100_000)}` }],
  ["a default branch that is none", { default_branch: "a b" }],
  ["messages past 200,000 characters", { messages: 21 }],
])("%s is refused", async (_, { messages, ...more }) => {
  const project = await startPushedProject({ settings: { pull_requests: true } });
  const { machine, work } = await forked(project);
  const commits = Array.from({ length: messages ?? 1 }, (_, index) => ({
    ...lieAbout(shaOf(`${index}`)),
    message: messages ? "x".repeat(10_000) : "x",
  }));
  expect(await codeOf(await tell(machine, work, { commits, ...more }))).toBe("body_invalid");
});
