import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { isFound } from "../../../protocol/deliveries.ts";
import { createCommands } from "../../../server/commands/commands.ts";
import { openSqlite } from "../../../server/database/sqlite.ts";
import { createDeliveries } from "../../../server/hooks/deliveries.ts";
import { createLostPushes } from "../../../server/hooks/lost-pushes.ts";
import { createProjects } from "../../../server/projects/projects.ts";
import { createSealing } from "../../../server/database/sealing.ts";
import { createFeed } from "../../../server/runs/feed.ts";
import { makeRepository } from "../../services/git-repository.ts";
import { startGitServer } from "../../services/git-server.ts";
import { startGitHubApi } from "../../services/github-api.ts";
import { playGitHubApp } from "../../services/github-app.ts";
import { pushBody } from "./senders.ts";

const SLUG = "ada/app";
const MINUTE = 60_000;
const LOGIN = { user: "ada", token: "a-token" };
const NOTHING = "0".repeat(40);

/** A repository behind git's own HTTP backend, and a server that looks at it by the test's clock. */
async function stage(
  format: "sha1" | "sha256" = "sha1",
  connect: {
    login: typeof LOGIN;
    gitHubApi?: string;
    credentials: object;
    clock: { at: number };
  } = {
    login: LOGIN,
    clock: { at: Date.UTC(2026, 0, 1) },
    credentials: { repository_token: `${LOGIN.user}:${LOGIN.token}` },
  },
) {
  const { login, gitHubApi, credentials, clock } = connect;
  const root = await mkdtemp(join(tmpdir(), "deferred-lost-pushes-"));
  const repository = await makeRepository(join(root, "ada"), "app", format);
  const git = await startGitServer(root, { login });
  const database = await openSqlite(join(root, "data.sqlite"));
  const now = () => clock.at;
  const projects = createProjects({
    ...{ database, now, gitHubApi, sealing: createSealing("a master key") },
    addresses: { allowPrivate: true },
  });
  await projects.create({
    slug: SLUG,
    repository: `${git.url}/ada/app.git`,
    ...credentials,
    settings: { branches: ["*"], tags: ["v*"] },
  });
  const commands = createCommands({
    ...{ database, now, feed: createFeed() },
    addresses: { url: "http://runner.example", resultsUrl: "http://runner.example" },
    runs: { apply: async () => undefined },
    onDemand: () => {},
    onChanged: () => {},
  });
  const deliveries = createDeliveries({ database, projects, commands, now });
  const log = pino({ level: "silent" });
  const open = () =>
    createLostPushes({ database, projects, deliveries, allowPrivate: true, now, log });
  let looks = open();
  onTestFinished(async () => {
    await looks.close();
    await database.close();
    await git.close();
    await rm(root, { recursive: true, force: true });
  });
  return {
    repository,
    git,
    deliveries,
    /** A look, and a second one once a webhook had its time. */
    async look() {
      for (let times = 0; times < 2; times++) {
        clock.at += 11 * MINUTE;
        await looks.tick();
      }
    },
    async lookAtOnce() {
      clock.at += 11 * MINUTE;
      await looks.tick();
    },
    async restart() {
      await looks.close();
      looks = open();
    },
    /** GitHub tells of a push. */
    async deliver(after: string, changes: Record<string, unknown> = {}) {
      const body = Buffer.from(pushBody(after, changes));
      const project = await projects.get(SLUG);
      const headers = { "x-github-event": "push", "x-github-delivery": crypto.randomUUID() };
      return deliveries.receive({ project, provider: "github", headers, body });
    },
    /** Of every run, oldest first: the ref, and the first digits of its commit. */
    async runs() {
      const rows = await database.queries
        .selectFrom("runs")
        .select(["ref", "work", "trigger"])
        .orderBy("created_at")
        .orderBy("ref")
        .execute();
      return rows.map(({ ref, work, trigger }) => {
        const { revision } = JSON.parse(work) as { revision: { commit: string } };
        return `${trigger} ${ref} ${revision.commit}`;
      });
    },
  };
}

test("a push of which no delivery came makes its run, once, also after a restart", async () => {
  const { repository, deliver, look, lookAtOnce, restart, runs, deliveries } = await stage();
  const first = await repository.commit({ a: "1" });
  await deliver(first);
  const told = [`push refs/heads/main ${first}`];
  await look();
  expect(await runs()).toEqual(told);
  const lost = await repository.commit({ a: "2" });
  await lookAtOnce();
  // Its webhook may be on the way.
  expect(await runs()).toEqual(told);
  await restart();
  await look();
  await look();
  expect(await runs()).toEqual([...told, `push refs/heads/main ${lost}`]);
  const [found, ...others] = await deliveries.list(SLUG, { limit: 10 });
  expect(found).toMatchObject({ provider: "generic", event: "push", outcome: "run" });
  expect([isFound(found!), ...others.map(isFound)]).toEqual([true, false]);
  // It comes after all.
  expect((await deliver(lost, { before: first })).outcome).toBe("duplicate");
  expect(await runs()).toHaveLength(2);
});

test("tags of which none was told, new branches and those moved by force are found; rules hold, and what is gone is forgotten", async () => {
  const { repository, deliver, look, runs } = await stage();
  const first = await repository.commit({ a: "1" });
  await repository.git("push", "--quiet", "origin", "HEAD:refs/heads/old");
  await repository.git("tag", "v0");
  await repository.git("push", "--quiet", "origin", "v0");
  await deliver(first);
  // What was there before is years old for all that is known.
  await look();
  expect(await runs()).toHaveLength(1);
  for (const name of ["v1", "v2", "v3", "v4", "other"]) {
    const identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"];
    await repository.git(...identity, "tag", "-a", "-m", name, name);
  }
  await repository.git("push", "--quiet", "origin", "v1", "v2", "v3", "v4", "other", "HEAD:side");
  await look();
  await look();
  const tags = ["v1", "v2", "v3", "v4"].map((name) => `push refs/tags/${name} ${first}`);
  expect((await runs()).slice(1)).toEqual([`push refs/heads/side ${first}`, ...tags]);
  await repository.git("push", "--quiet", "--delete", "origin", "side");
  await look();
  await repository.git("push", "--quiet", "origin", "HEAD:side");
  await look();
  expect((await runs()).filter((run) => run.includes("side"))).toHaveLength(2);
});

test("a branch that went back by force, untold, is found once", async () => {
  const { repository, deliver, look, runs } = await stage();
  const first = await repository.commit({ a: "1" });
  const second = await repository.commit({ a: "2" });
  await deliver(first, { before: NOTHING });
  await deliver(second, { before: first });
  await look();
  await repository.git("push", "--quiet", "--force", "origin", `${first}:refs/heads/main`);
  for (let times = 0; times < 3; times++) await look();
  expect(await runs()).toHaveLength(3);
});

test("a delivery that another overtook moves nothing, and what was ignored is not found", async () => {
  const { repository, deliver, look, runs } = await stage();
  const first = await repository.commit({ a: "1" });
  const second = await repository.commit({ a: "2" });
  await deliver(second, { before: first });
  await deliver(first, { before: NOTHING });
  await look();
  expect(await runs()).toHaveLength(2);
  const skipped = await repository.commit({ a: "3" });
  const head = {
    ...{ id: skipped, message: "Release [skip ci]", timestamp: "2026-03-01T12:00:00Z" },
    author: { name: "Ada", email: "ada@example.org" },
  };
  const ignored = await deliver(skipped, { before: second, commits: [head], head_commit: head });
  expect(ignored.outcome).toBe("ignored");
  await look();
  expect(await runs()).toHaveLength(2);
});

test("an import of many tags makes twenty runs and says of each other why it makes none", async () => {
  const { repository, deliver, look, runs, deliveries } = await stage();
  const first = await repository.commit({ a: "1" });
  await deliver(first);
  await look();
  const names = Array.from({ length: 25 }, (_, index) => `v${100 + index}`);
  for (const name of names) await repository.git("tag", name);
  await repository.git("push", "--quiet", "origin", ...names);
  await look();
  await look();
  expect(await runs()).toHaveLength(21);
  const ignored = (await deliveries.list(SLUG, { limit: 50 })).filter(
    ({ outcome }) => outcome === "ignored",
  );
  expect(ignored).toHaveLength(5);
  expect(ignored[0]!.detail).toContain("deferred exec");
});

test("a repository of SHA-256 is looked at as any; one that no delivery came for is left alone", async () => {
  const { repository, deliver, look, runs, git } = await stage("sha256");
  const first = await repository.commit({ a: "1" });
  await look();
  expect(git.requests).toEqual([]);
  await deliver(first, { before: "0".repeat(64) });
  await look();
  const lost = await repository.commit({ a: "2" });
  await look();
  expect((await runs()).at(-1)).toBe(`push refs/heads/main ${lost}`);
});

test("a GitHub App's token that the repository refuses is replaced at the next look", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const login = { user: "x-access-token", token: "ghs_of-today" };
  const clock = { at: Date.UTC(2026, 0, 1) };
  const app = playGitHubApp({
    ...{ id: "1", publicKey, repository: SLUG, now: () => clock.at },
    text: (n) => (n === 1 ? "ghs_revoked" : login.token),
  });
  const gitHub = await startGitHubApi({ app, repository: SLUG });
  const private_key = privateKey.export({ type: "pkcs1", format: "pem" });
  const { repository, deliver, lookAtOnce, look, runs, git } = await stage("sha1", {
    ...{ login, clock, gitHubApi: gitHub.url },
    credentials: { github_app: { id: "1", private_key } },
  });
  const first = await repository.commit({ a: "1" });
  await deliver(first);
  const lost = await repository.commit({ a: "2" });
  await lookAtOnce();
  expect(await runs()).toHaveLength(1);
  await look();
  expect(await runs()).toContain(`push refs/heads/main ${lost}`);
  const basic = (token: string) => `Basic ${btoa(`x-access-token:${token}`)}`;
  expect(git.authorizations.slice(0, 2)).toEqual([basic("ghs_revoked"), basic(login.token)]);
});
