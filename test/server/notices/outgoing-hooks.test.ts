import { mkdtemp, rm } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { parse } from "valibot";
import { expect, onTestFinished, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import { OutgoingBodySchema } from "../../../protocol/notices.ts";
import { post } from "../../../server/http/post.ts";
import { eventually } from "../../eventually.ts";
import { startReceiver, type ReceiverAnswer } from "../../services/receiver.ts";
import { codeOf } from "../system.ts";
import { startPushedProject, type PushedProject } from "../pushed-project.ts";
import { allNoticed, told } from "./told.ts";

type Hook = { id: string; url: string; secret: string };
const events = ["run.started", "run.ended"];

async function withHook(answers: ReceiverAnswer[] = [], times = { noticeDelays: [20] }) {
  const receiver = await startReceiver(() => answers.shift() ?? { status: 204 });
  const project = await startPushedProject({ times });
  const hook = await addHook(project, `${receiver.url}/runs`);
  return { receiver, project, hook };
}

async function addHook(project: PushedProject, url: string): Promise<Hook> {
  return (await project.own("POST", paths.outgoingHooks(project.slug), { url, events })) as Hook;
}

test("a run's beginning and end are told in their order, signed so that Standard Webhooks verifies them", async () => {
  const { receiver, project, hook } = await withHook();
  const { run, sha } = await project.pushAndRun({ subject: "Breaks" }, 3);
  await told(project);
  expect(hook.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const webhook = new Webhook(hook.secret);
  const bodies = receiver.calls.map(({ body, headers }) =>
    parse(OutgoingBodySchema, webhook.verify(body, headers)),
  );
  expect(bodies.map(({ type }) => type)).toEqual(events);
  expect(bodies[1]).toMatchObject({
    data: {
      project: "acme/site",
      state: "failed",
      run: { id: run, commit: sha, title: "Breaks", exit_code: 3, ref: "refs/heads/main" },
    },
  });
  expect(() =>
    new Webhook(`whsec_${"A".repeat(43)}=`).verify("{}", receiver.calls[0]!.headers),
  ).toThrow();
});

test("a receiver that fails is tried again with the same id and body, as late as it asks", async () => {
  const { receiver, project } = await withHook([
    { status: 500 },
    { status: 302, headers: { location: "http://127.0.0.1:1/" } },
    { status: 429, headers: { "retry-after": "1" } },
  ]);
  await project.pushAndRun({ subject: "Works" });
  const notices = await told(project);
  expect(notices.map(({ state }) => state)).toEqual(["sent", "sent"]);
  const byId = Object.groupBy(receiver.calls, ({ headers }) => headers["webhook-id"]!);
  expect(Object.keys(byId).length).toBe(2);
  for (const calls of Object.values(byId)) {
    expect(new Set(calls!.map(({ body }) => body)).size).toBe(1);
  }
  expect(receiver.calls.length).toBe(5);
});

test("what ended is told after what began, also where that had to be tried again", async () => {
  const { receiver, project } = await withHook([{ status: 500 }, { status: 500 }], {
    noticeDelays: [300],
  });
  await project.pushAndRun({ subject: "Works" });
  await told(project);
  const types = receiver.calls.map(({ body }) => (JSON.parse(body) as { type: string }).type);
  expect(types).toEqual(["run.started", "run.started", "run.started", "run.ended"]);
});

test("410 says to send no more of it", async () => {
  const { receiver, project } = await withHook([{ status: 410 }, { status: 410 }]);
  await project.pushAndRun({ subject: "Works" });
  const notices = await told(project);
  expect(notices.map(({ state, tries }) => [state, tries])).toEqual([
    ["given_up", 1],
    ["given_up", 1],
  ]);
  expect(receiver.calls.length).toBe(2);
});

test("its secret is told once and kept sealed; a webhook that was removed is sent nothing more", async () => {
  const { receiver, project, hook } = await withHook([], { noticeDelays: [60_000] });
  const down = await addHook(project, "http://127.0.0.1:1/down");
  const list = await project.own("GET", paths.outgoingHooks(project.slug));
  expect(list).toMatchObject({ outgoing_hooks: [{ id: hook.id, events }, { id: down.id }] });
  expect(JSON.stringify([list, project.logged])).not.toContain("whsec_");
  await project.pushAndRun({ subject: "Works" });
  await eventually(async () => receiver.calls.length === 2 || undefined);
  await project.own("DELETE", paths.outgoingHook(project.slug, hook.id));
  await project.own("DELETE", paths.outgoingHook(project.slug, down.id));
  await project.pushAndRun({ subject: "Works on" });
  const notices = await told(project);
  expect(receiver.calls.length).toBe(2);
  expect(notices.filter(({ state }) => state === "given_up").map(({ answer }) => answer)).toEqual([
    "The webhook was removed.",
    "The webhook was removed.",
  ]);
});

test("what a server that died was about to tell is told by the next, under the same id", async () => {
  const answered = Promise.withResolvers<ReceiverAnswer>();
  onTestFinished(() => answered.resolve({ status: 500 }));
  let up = false;
  const receiver = await startReceiver(() => (up ? { status: 204 } : answered.promise));
  const root = await mkdtemp(join(tmpdir(), "deferred-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const env = { DEFERRED_DATA: root };
  const first = await startPushedProject({ env });
  await addHook(first, receiver.url);
  await first.pushAndRun({ subject: "Works" });
  await allNoticed(first);
  await eventually(async () => receiver.calls.length === 1 || undefined);
  await first.close();
  // As if it had died before it made the last notice: after the state, that is, and before its news.
  const database = new DatabaseSync(first.folder.database);
  database.exec("delete from notices where what = 'run.ended'");
  database.exec("update runs set noticed = 'running'");
  database.close();

  up = true;
  const second = await startPushedProject({ env });
  const notices = await told(second);
  expect(notices.map(({ what, state }) => `${what} ${state}`)).toEqual([
    "run.ended sent",
    "run.started sent",
  ]);
  const [cut, again, ended] = receiver.calls.map(({ headers }) => headers["webhook-id"]);
  expect(again).toBe(cut);
  expect(ended).not.toBe(cut);
  expect(receiver.calls.length).toBe(3);
});

test("without leave of the operator no webhook goes to an address inside, by number, name or redirect", async () => {
  const project = await startPushedProject({
    env: { DEFERRED_ALLOW_PRIVATE: "0" },
    repository: "https://93.184.215.14/acme/site.git",
  });
  for (const url of [
    "http://127.0.0.1/",
    "http://[::1]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://0x7f.1/",
    "http://10.0.0.8/",
    "http://localhost:5432/",
  ]) {
    const body = { url, events };
    const answer = await project.call(
      "POST",
      paths.outgoingHooks(project.slug),
      body,
      project.owner,
    );
    expect([url, await codeOf(answer)]).toEqual([url, "repository_refused"]);
  }
  for (const url of ["ftp://example.org/", "https://user:password@example.org/", "nonsense"]) {
    const body = { url, events };
    const answer = await project.call(
      "POST",
      paths.outgoingHooks(project.slug),
      body,
      project.owner,
    );
    expect([url, await codeOf(answer)]).toEqual([url, "body_invalid"]);
  }
});

test("the address is looked at again as the connection is made", async () => {
  const receiver = await startReceiver(() => ({ status: 204 }));
  const options = { headers: {}, body: "{}", signal: new AbortController().signal };
  const { port } = new URL(receiver.url);
  for (const host of ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"]) {
    const url = `http://${host}:${port}/`;
    await expect(post({ ...options, url, allowPrivate: false })).rejects.toThrow(
      /not public|not a public/,
    );
  }
  expect(receiver.calls).toEqual([]);
  const answer = await post({ ...options, url: receiver.url, allowPrivate: true });
  expect(answer.status).toBe(204);
});

test("webhooks and notices are their owner's to see, also where the project is public", async () => {
  const project = await startPushedProject({ settings: { public: true } });
  for (const path of [paths.outgoingHooks(project.slug), paths.notices(project.slug)]) {
    expect(await codeOf(await project.call("GET", path))).toBe("token_missing");
  }
  const body = { url: "https://93.184.215.14/", events };
  const answer = await project.call("POST", paths.outgoingHooks(project.slug), body);
  expect(await codeOf(answer)).toBe("token_missing");
});
