import { generateKeyPairSync } from "node:crypto";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { paths } from "../../../../protocol/paths.ts";
import { eventually } from "../../../eventually.ts";
import { startGitHubApi } from "../../../services/github-api.ts";
import { playGitHubApp } from "../../../services/github-app.ts";
import { told } from "../../notices/told.ts";
import { makeProject, SLUG } from "../project.ts";
import { startPushedProject } from "../../pushed-project.ts";
import { startSystem } from "../../system.ts";

const ID = "123456";
const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const KEY = privateKey.export({ type: "pkcs1", format: "pem" });
/** A line inside it. */
const SECRET = KEY.split("\n")[3]!;

async function withApp(more: object = {}) {
  const app = playGitHubApp({ id: ID, publicKey, repository: "acme/site" });
  const gitHub = await startGitHubApi({ app, repository: "acme/site" });
  const project = await startPushedProject({
    more: { github_app: { id: ID, private_key: KEY }, ...more },
    env: { DEFERRED_GITHUB_API: gitHub.url },
    times: { noticeDelays: [20] },
  });
  return { app, gitHub, project };
}

test("a machine gets a token that reads the repository, statuses are written with another, and the key goes nowhere", async () => {
  const { app, gitHub, project } = await withApp();
  await project.push({ subject: "Works" });
  const assignment = await project.claim();
  const ofCheckout = app.minted.find(({ permissions }) => permissions["contents"]);
  expect(ofCheckout?.permissions).toEqual({ contents: "read" });
  expect(assignment.work).toMatchObject({
    repository: { credential: { kind: "token", user: "x-access-token", token: ofCheckout!.text } },
  });
  expect(app.mayWriteStatuses(ofCheckout!.text)).toBe(false);
  await project.steps(assignment, [{ name: "make" }]);
  await project.finish(assignment);
  const notices = await told(project);
  expect(gitHub.statuses.at(-1)?.state).toBe("success");
  const view = await project.own("GET", paths.project(project.slug));
  expect(view).toMatchObject({ credentials: ["github_app"] });
  const seen = JSON.stringify([assignment, notices, view, project.logged, gitHub.calls]);
  expect(seen).not.toContain(SECRET);
  expect(JSON.stringify([notices, view, project.logged])).not.toContain("ghs_");
});

test("a token that GitHub revoked is replaced, and the status is written", async () => {
  const { app, gitHub, project } = await withApp();
  await project.pushAndRun({ subject: "Works" });
  await told(project);
  for (const { text } of app.minted) app.revoke(text);
  const before = gitHub.statuses.length;
  await project.pushAndRun({ subject: "Works again" });
  const notices = await told(project);
  expect(gitHub.statuses.length).toBeGreaterThan(before);
  expect(notices[0]).toMatchObject({ kind: "commit_status", state: "sent" });
});

test("a checkout that failed has the next run begin with a new token", async () => {
  const { project } = await withApp();
  const tokenOf = (work: unknown) =>
    (work as { repository: { credential: { token: string } } }).repository.credential.token;
  await project.push({ subject: "One" });
  const first = await project.claim();
  await project.finish(first, { cause: "refused", exit_code: null, reason: "checkout_failed" });
  await project.push({ subject: "Two" });
  const second = await project.claim();
  expect(tokenOf(second.work)).not.toBe(tokenOf(first.work));
});

test("a run and a status that the App may not have end with what to do", async () => {
  const { app, project } = await withApp();
  app.state.suspended = true;
  const { run } = await project.push({ subject: "Works" });
  const machine = await project.worker();
  const result = await eventually(async () => {
    await machine.claim(1, 1);
    const view = (await project.own("GET", paths.run(run))) as { state: string };
    return view.state === "failed" ? view : undefined;
  });
  expect(result).toMatchObject({
    ending: {
      reason: {
        code: "checkout_failed",
        message: expect.stringContaining("unsuspend it") as string,
      },
    },
  });
  const notices = await told(project);
  expect(notices[0]).toMatchObject({
    state: "given_up",
    answer: expect.stringContaining("unsuspend it") as string,
  });
});

test("tokens that a project has go before its App", async () => {
  const { app, project } = await withApp({ repository_token: "ada:own-token" });
  await project.push({ subject: "Works" });
  const { work } = await project.claim();
  expect(work).toMatchObject({ repository: { credential: { user: "ada", token: "own-token" } } });
  expect(app.minted.filter(({ permissions }) => permissions["contents"])).toEqual([]);
});

test("the key is sealed in the data folder, and what is no App or no GitHub is refused", async () => {
  const system = await startSystem();
  const github_app = { id: ID, private_key: KEY };
  const project = await makeProject(system, {
    ...{ repository: "https://github.com/acme/site.git", github_app },
  });
  const set = async (body: object) => {
    const answer = await project.call("PATCH", paths.project(SLUG), body);
    return (await answer.json()) as { code?: string; detail?: string; credentials?: string[] };
  };
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const pkcs8 = { type: "pkcs8", format: "pem" } as const;
  const locked = { ...pkcs8, cipher: "aes-256-cbc", passphrase: "x" };
  for (const private_key of [
    ...["", "my key", publicKey.export({ type: "spki", format: "pem" })],
    ...[ec.export(pkcs8), privateKey.export(locked), KEY.slice(0, 400)],
  ]) {
    const { code, detail } = await set({ github_app: { id: ID, private_key } });
    expect([code, detail]).toEqual(["body_invalid", expect.stringMatching(/^github_app: .*\.pem/)]);
  }
  for (const id of ["", "a b", "1\n2"]) {
    const { detail } = await set({ github_app: { id, private_key: KEY } });
    expect(detail).toMatch(/^github_app: .*client ID/);
  }
  expect(await set({ github_app: { id: ID } })).toMatchObject({ code: "body_invalid" });
  for (const repository of ["https://8.8.8.8/acme/site.git", "http://github.com/acme/site.git"]) {
    expect(await set({ repository })).toMatchObject({ code: "repository_refused" });
  }
  expect((await set({ github_app: null })).credentials).toEqual([]);
  expect((await set({ github_app })).credentials).toEqual(["github_app"]);
  await system.close();
  const bytes = await readFile(system.folder.database, "latin1");
  expect(bytes).toContain("github_app");
  expect(bytes).not.toContain(SECRET);
  expect(JSON.stringify(system.logged)).not.toContain(SECRET);
});
