import { expect, test } from "vitest";
import { pagePaths, paths } from "../../../protocol/paths.ts";
import type { RunView } from "../../../protocol/run.ts";
import { eventually } from "../../eventually.ts";
import { codeOf, eventsOf } from "../system.ts";
import { SLUG, startProject } from "./stage.ts";

type Stage = Awaited<ReturnType<typeof startProject>>;

/** A run that has ended with output and is still to be kept from strangers. */
async function endedRun(stage: Stage): Promise<string> {
  const [run, machine] = await Promise.all([stage.exec(), stage.worker()]);
  const assignment = await machine.claimOne();
  await machine.output(assignment, 1, { stream: "stdout", text: "private words\n" });
  await machine.finish(assignment);
  return run.id;
}

const reading = (id: string) => [
  paths.run(id),
  paths.runEvents(id),
  `${paths.events}?runs=${id}`,
  paths.runResult(id),
  paths.runArtifact(id, 1, "file"),
  paths.projectRuns(SLUG),
  paths.commits(SLUG),
  paths.commit(SLUG, "0".repeat(40)),
];

async function cookieOf(stage: Stage): Promise<string> {
  const made = await stage.own("POST", paths.signInLinks);
  const { url } = (await made.json()) as { url: string };
  const answer = await stage.call("GET", new URL(url).pathname);
  return answer.headers.get("set-cookie")!.split(";")[0]!;
}

test("whoever has neither session nor token reads nothing of a command run", async () => {
  const stage = await startProject();
  const id = await endedRun(stage);
  for (const path of reading(id)) {
    const plain = await stage.call("GET", path);
    expect([path, await codeOf(plain)]).toEqual([path, "token_missing"]);
    const wrong = await stage.call("GET", path, undefined, { authorization: "Bearer nonsense" });
    expect([path, await codeOf(wrong)]).toEqual([path, "token_wrong"]);
    const text = await stage.call("GET", path, undefined, { accept: "text/plain" });
    expect(await text.text()).not.toContain("private words");
  }
});

test("a run of a project that is not the caller's is as unknown as one that there is not", async () => {
  const stage = await startProject();
  const id = await endedRun(stage);
  await stage.own("POST", paths.projects, { slug: "other/one" });
  await stage.own("DELETE", paths.project(SLUG));
  // Its project was removed: from now on nobody's token acts for it.
  for (const path of [paths.run(id), paths.runEvents(id), paths.runResult(id)]) {
    const [gone, never] = await Promise.all([
      stage.own("GET", path),
      stage.own("GET", path.replace(id, "0".repeat(26))),
    ]);
    expect([await codeOf(gone), gone.status]).toEqual([await codeOf(never), never.status]);
  }
});

test("the machines of a project that is removed go, with whatever is on their disks", async () => {
  const stage = await startProject();
  await stage.own("POST", paths.projectWake(SLUG));
  const machine = await stage.worker();
  await stage.own("DELETE", paths.project(SLUG));
  await eventually(async () => {
    const answer = await machine.post(paths.responder.renew, { runs: [] });
    return answer.status === 401 ? true : undefined;
  });
});

test("a session reads and changes nothing; a token does both", async () => {
  const stage = await startProject();
  const id = await endedRun(stage);
  const cookie = { cookie: await cookieOf(stage) };
  for (const path of [paths.run(id), paths.runEvents(id), paths.projectRuns(SLUG)]) {
    expect((await stage.call("GET", path, undefined, cookie)).status).toBe(200);
  }
  expect((await stage.call("GET", paths.runResult(id), undefined, cookie)).status).toBe(302);
  const changing = [
    ["DELETE", paths.run(id)],
    ["POST", paths.projectRuns(SLUG)],
    ["POST", paths.projectWake(SLUG)],
    ["POST", paths.projectSleep(SLUG)],
  ] as const;
  for (const [method, path] of changing) {
    const answer = await stage.call(method, path, method === "POST" ? {} : undefined, cookie);
    expect([path, await codeOf(answer)]).toEqual([path, "token_missing"]);
  }
});

test("no page elsewhere reads by its reader's session: answers to other origins allow no credentials", async () => {
  const stage = await startProject();
  const id = await endedRun(stage);
  const headers = { cookie: await cookieOf(stage), origin: "https://evil.example" };
  for (const path of reading(id)) {
    const answer = await stage.call("GET", path, undefined, headers);
    expect([null, "*"]).toContain(answer.headers.get("access-control-allow-origin"));
    expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
    const ahead = await stage.call("OPTIONS", path, undefined, {
      ...headers,
      "access-control-request-method": "GET",
    });
    expect(ahead.headers.get("access-control-allow-credentials")).toBeNull();
  }
});

test("anybody reads a public project's runs, and cancels none", async () => {
  const stage = await startProject({ public: true });
  const id = await endedRun(stage);
  expect((await stage.call("GET", paths.run(id))).status).toBe(200);
  expect((await stage.call("GET", paths.runResult(id))).status).toBe(302);
  expect((await stage.call("GET", paths.projectRuns(SLUG))).status).toBe(200);
  const open = await stage.exec();
  expect(await codeOf(await stage.call("DELETE", paths.run(open.id)))).toBe("token_missing");
  const canceled = await stage.own("DELETE", paths.run(open.id));
  expect(((await canceled.json()) as RunView).state).toBe("canceled");
});

test("of many runs, those are followed that the caller may read", async () => {
  const stage = await startProject();
  const id = await endedRun(stage);
  const block = await stage.run("echo 1", { runtime: "bash" });
  const shared = await stage.machine();
  await shared.finish(await shared.claimOne());
  const follow = async (headers: Record<string, string>) => {
    const path = `${paths.events}?runs=${id},${block.id}`;
    const events = await eventsOf(await stage.call("GET", path, undefined, headers));
    return new Set(events.map(({ data }) => data.run));
  };
  expect(await follow({})).toEqual(new Set([block.id]));
  expect(await follow(stage.owner)).toEqual(new Set([block.id, id]));
});

test("a block's run is still anybody's who knows its id, and its cancel token's alone", async () => {
  const stage = await startProject();
  const block = await stage.run("echo 1", { runtime: "bash" });
  expect((await stage.call("GET", paths.run(block.id))).status).toBe(200);
  expect(await codeOf(await stage.own("DELETE", paths.run(block.id)))).toBe("cancel_token_wrong");
});

test("a stream ends where its reader may read no more: a project that is public no longer, a session that ended", async () => {
  const stage = await startProject({ public: true });
  const cookie = await cookieOf(stage);
  const [run, machine] = await Promise.all([stage.exec(), stage.worker()]);
  const assignment = await machine.claimOne();
  const follow = async (headers: Record<string, string>) => {
    const followed = await stage.call("GET", paths.runEvents(run.id), undefined, headers);
    let over = false;
    void followed.text().then(() => (over = true));
    return () => over;
  };
  const [strangers, owners, signedIn] = [
    await follow({}),
    await follow(stage.owner),
    await follow({ cookie }),
  ];
  await stage.own("PATCH", paths.project(SLUG), { settings: { public: false } });
  let seq = 0;
  const goOnUntil = (over: () => boolean) =>
    eventually(async () => {
      await machine.output(assignment, ++seq, { stream: "stdout", text: "private words\n" });
      return over() || undefined;
    });
  await goOnUntil(strangers);
  expect(signedIn()).toBe(false);
  await stage.call("POST", pagePaths.signOut, undefined, {
    cookie,
    "sec-fetch-site": "same-origin",
  });
  await goOnUntil(signedIn);
  expect(owners()).toBe(false);
  await machine.finish(assignment);
});
