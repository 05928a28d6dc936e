import { describe, expect, test } from "vitest";
import { pagePaths, paths } from "../../../protocol/paths.ts";
import { newKeyPair } from "../../../blocks/keys.ts";
import { makeToken } from "../accounts/make-token.ts";
import { makeProject } from "../projects/project.ts";
import { startPushedProject } from "../pushed-project.ts";
import { codeOf, startSystem, type System } from "../system.ts";

const PROXIED = { DEFERRED_TRUST_PROXY: "1" };
/** What a proxy says of a request from `address`, after what its sender made up. */
const from = (address: string) => ({ "x-forwarded-for": `203.0.113.99, ${address}` });

async function refused(response: Response): Promise<{ code: string; retryAfterS: number }> {
  const retryAfterS = Number(response.headers.get("retry-after"));
  return { code: await codeOf(response), retryAfterS };
}

async function requestOf(system: System, code = "print(1)", changes = {}) {
  return { block: await system.sign(code, changes), code };
}

describe("requests for runs", () => {
  test("are so many a minute and address, and others are not kept from theirs", async () => {
    const system = await startSystem({ ...PROXIED, DEFERRED_RATE_ADDRESS: "2" });
    const request = await requestOf(system);
    const ask = (address: string) => system.call("POST", paths.runs, request, from(address));
    expect((await ask("198.51.100.1")).status).toBe(202);
    expect((await ask("198.51.100.1")).status).toBe(202);
    const third = await ask("198.51.100.1");
    expect(third.status).toBe(429);
    expect(third.headers.get("access-control-allow-origin")).toBe("*");
    expect(third.headers.get("access-control-expose-headers")).toContain("Retry-After");
    expect(await refused(third)).toEqual({ code: "rate_limited", retryAfterS: 30 });
    expect((await ask("198.51.100.2")).status).toBe(202);
    // Asking for a machine is asking, too.
    const wake = await system.call("POST", paths.wake, request, from("198.51.100.1"));
    expect(wake.status).toBe(429);
  });

  test("come from where the connection does, unless a proxy is to be believed", async () => {
    const system = await startSystem({ DEFERRED_RATE_ADDRESS: "1" });
    const body = JSON.stringify(await requestOf(system));
    const ask = (peer: string, address: string) =>
      system.app.request(
        paths.runs,
        { method: "POST", body, headers: { ...from(address), "content-type": "application/json" } },
        { peer },
      );
    expect((await ask("198.51.100.1", "198.51.100.2")).status).toBe(202);
    expect((await ask("198.51.100.1", "198.51.100.3")).status).toBe(429);
    // Programs of this machine, and a proxy on it that is not believed, are not one caller.
    for (let count = 0; count < 3; count++) {
      expect((await ask("127.0.0.1", "198.51.100.2")).status).toBe(202);
    }
  });

  test("a proxy on this machine that is not believed is warned of, once", async () => {
    const ask = (system: System, peer: string | undefined, headers: Record<string, string>) =>
      system.app.request("/healthz", { headers }, { peer });
    const warnings = (system: System) =>
      system.logged.filter(({ msg }) => msg.includes("DEFERRED_TRUST_PROXY=1"));
    const system = await startSystem();
    await ask(system, "198.51.100.1", from("203.0.113.1"));
    await ask(system, "127.0.0.1", {});
    await ask(system, undefined, from("203.0.113.1"));
    expect(warnings(system)).toEqual([]);
    await ask(system, "::ffff:127.0.0.1", from("203.0.113.1"));
    await ask(system, "127.0.0.1", from("203.0.113.2"));
    await ask(system, "::1", from("203.0.113.3"));
    expect(warnings(system)).toMatchObject([{ level: 40 }]);

    const believing = await startSystem(PROXIED);
    await ask(believing, "127.0.0.1", from("203.0.113.1"));
    expect(warnings(believing)).toEqual([]);
  });

  test("of one block make so many runs, and a run that is shared is none", async () => {
    const system = await startSystem({ DEFERRED_RATE_BLOCK: "2" });
    const request = await requestOf(system);
    const cached = await requestOf(system, "print(2)", { cache_s: 60 });
    const ask = (body: object) => system.call("POST", paths.runs, body);
    expect([(await ask(request)).status, (await ask(request)).status]).toEqual([202, 202]);
    expect((await refused(await ask(request))).code).toBe("rate_limited");
    for (let count = 0; count < 10; count++) expect((await ask(cached)).status).toBe(202);
  });

  test("of one project make so many runs, and another's go on", async () => {
    const system = await startSystem({ DEFERRED_RATE_PROJECT: "2" });
    for (let count = 0; count < 2; count++) await system.run(`print(${count})`);
    const third = await system.call("POST", paths.runs, await requestOf(system));
    expect(third.status).toBe(429);
    const view = await system.call("GET", "/metrics");
    expect(await view.text()).toContain('deferred_requests_refused_total{limit="project"} 1');
  });

  test("find the queue full, with its length, and leave nothing behind", async () => {
    const system = await startSystem({
      DEFERRED_MAX_WAITING: "3",
      DEFERRED_MAX_WAITING_PROJECT: "0",
    });
    for (let count = 0; count < 3; count++) await system.run(`print(${count})`);
    const request = await requestOf(system);
    const response = await system.call("POST", paths.runs, request);
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("30");
    expect(await response.json()).toMatchObject({
      code: "queue_full",
      detail: "3 runs wait already.",
    });
    const machine = await system.machine();
    expect(await machine.claim()).toHaveLength(3);
    expect((await system.call("POST", paths.runs, request)).status).toBe(202);
  });

  test("of a project with less than its share are taken into a queue that another filled", async () => {
    const system = await startSystem({ DEFERRED_MAX_WAITING: "4" });
    const { call, slug } = await makeProject(system);
    const { publicJwk, privateJwk } = await newKeyPair();
    await call("POST", paths.keys(slug), { jwk: publicJwk });
    const block = await system.sign("print(1)", { iss: slug }, privateJwk);
    const ask = () => system.call("POST", paths.runs, { block, code: "print(1)" });
    for (let count = 0; count < 4; count++) await system.run(`print(${count})`);
    expect([(await ask()).status, (await ask()).status]).toEqual([202, 202]);
    expect((await refused(await ask())).code).toBe("queue_full");
    const other = await system.call("POST", paths.runs, await requestOf(system));
    expect((await refused(other)).code).toBe("queue_full");
  });

  test("that wait tell their place in the queue", async () => {
    const system = await startSystem();
    const ids: string[] = [];
    for (let count = 0; count < 3; count++) {
      ids.push((await system.run(`print(${count})`)).id);
      await new Promise((resolve) => setTimeout(resolve, 2)); // Another moment, for another place.
    }
    const places = async () => Promise.all(ids.map(async (id) => (await system.view(id)).position));
    expect(await places()).toEqual([1, 2, 3]);
    const machine = await system.machine();
    await machine.claimOne();
    expect(await places()).toEqual([undefined, 1, 2]);
  });

  test("of one project leave room in the queue for others", async () => {
    const system = await startSystem({ DEFERRED_MAX_WAITING_PROJECT: "1" });
    await system.run();
    const response = await system.call("POST", paths.runs, await requestOf(system));
    expect(response.status).toBe(429);
    expect((await refused(response)).code).toBe("project_queue_full");
  });
});

test("a project's own queue is bounded for whoever can ask again, and takes every push", async () => {
  const project = await startPushedProject({ env: { DEFERRED_MAX_WAITING_PROJECT: "2" } });
  const task = { do: "exec", command: "make" };
  const key = { "idempotency-key": "k".repeat(20) };
  const exec = (headers: Record<string, string> = {}) =>
    project.call(
      "POST",
      paths.projectRuns(project.slug),
      { task },
      { ...project.owner, ...headers },
    );
  const first = await exec(key);
  const { delivery } = await project.push({ subject: "One" });
  const full = await exec();
  expect([full.status, full.headers.get("retry-after")]).toEqual([429, "30"]);
  expect(await full.json()).toMatchObject({
    code: "project_queue_full",
    detail: "2 runs of this project wait already.",
  });
  // What was asked for already is there.
  const { id } = (await first.json()) as { id: string };
  expect(await (await exec(key)).json()).toMatchObject({ id });
  const replay = paths.replay(project.slug, delivery);
  expect((await project.call("POST", replay, undefined, project.owner)).status).toBe(429);
  const pushed = await project.push({ subject: "Two" });
  await project.claim();
  const claimed = await project.call("GET", paths.run(id), undefined, project.owner);
  expect(await claimed.json()).toMatchObject({ state: "running" });
  await project.call("DELETE", paths.run(pushed.run), undefined, project.owner);
  expect((await exec()).status).toBe(202);
});

describe("whoever guesses is not listened to", () => {
  const LIMITED = { ...PROXIED, DEFERRED_RATE_GUESSES: "3" };

  test("with webhooks that are signed wrongly; from elsewhere, or with another hook, one is", async () => {
    const project = await startPushedProject({ env: LIMITED });
    const hook = new URL(project.project.hooks!.github).pathname;
    const wrong = { "x-hub-signature-256": `sha256=${"0".repeat(64)}`, ...from("198.51.100.1") };
    const statuses = [];
    for (let count = 0; count < 5; count++) {
      statuses.push((await project.call("POST", hook, "{}", wrong)).status);
    }
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    const unknown = `${hook.slice(0, -4)}0000`;
    expect((await project.call("POST", unknown, "{}", wrong)).status).toBe(404);
    for (let count = 0; count < 3; count++) {
      await project.call("POST", unknown, "{}", { ...wrong, ...from("198.51.100.2") });
    }
    const fourth = { ...wrong, ...from("198.51.100.2") };
    expect((await project.call("POST", unknown, "{}", fourth)).status).toBe(429);
    expect((await project.push({ subject: "One" })).run).toBeTruthy();
  });

  test("with sign-in links, tokens and cancel tokens that are wrong", async () => {
    const system = await startSystem(LIMITED);
    const { id } = await system.run();
    const calls: ((headers: Record<string, string>) => Promise<Response>)[] = [
      (headers) => system.call("GET", pagePaths.signIn("x".repeat(43)), undefined, headers),
      (headers) =>
        system.call("GET", paths.projects, undefined, {
          ...headers,
          authorization: `Bearer ${"x".repeat(43)}`,
        }),
      (headers) => system.call("DELETE", paths.run(id), { cancel_token: "1.x" }, headers),
    ];
    for (const [index, call] of calls.entries()) {
      const headers = from(`198.51.100.${index + 1}`);
      const statuses = [];
      for (let count = 0; count < 4; count++) statuses.push((await call(headers)).status);
      expect(statuses.at(-1)).toBe(429);
      expect(statuses.slice(0, -1)).not.toContain(429);
      // Reading goes on.
      expect((await system.call("GET", paths.run(id), undefined, headers)).status).toBe(200);
    }
  });

  test("while right tokens cost nothing", async () => {
    const system = await startSystem(LIMITED);
    const headers = {
      ...from("198.51.100.1"),
      authorization: `Bearer ${system.ownerToken.trim()}`,
    };
    for (let count = 0; count < 10; count++) {
      expect((await system.call("GET", paths.projects, undefined, headers)).status).toBe(200);
    }
    // Nor does a token that is known and may not do what it is used for.
    const { token } = await makeToken(system, { project: "local/demo", scope: "read" });
    const reader = { ...from("198.51.100.2"), authorization: `Bearer ${token}` };
    for (let count = 0; count < 5; count++) {
      const answer = await system.call("POST", paths.projectWake("local/demo"), undefined, reader);
      expect(await codeOf(answer)).toBe("token_scope_low");
    }
  });
});

test("streams are so many by address and in all; who leaves makes room", async () => {
  const system = await startSystem({
    ...PROXIED,
    DEFERRED_MAX_STREAMS: "3",
    DEFERRED_MAX_STREAMS_ADDRESS: "2",
  });
  const { id } = await system.run();
  const open = (address: string) =>
    system.call("GET", paths.runEvents(id), undefined, from(address));
  const first = await open("198.51.100.1");
  const second = await open("198.51.100.1");
  const third = await open("198.51.100.1");
  expect(third.status).toBe(429);
  expect((await refused(third)).code).toBe("rate_limited");
  // And nothing is run for whoever can't be told of it.
  const ask = { block: await system.sign("print(2)"), code: "print(2)" };
  const asText = { ...from("198.51.100.1"), accept: "text/plain" };
  expect((await system.call("POST", paths.runs, ask, asText)).status).toBe(429);
  const wrong = { ...asText, ...from("198.51.100.3") };
  expect((await system.call("POST", paths.runs, { ...ask, code: "print(3)" }, wrong)).ok).toBe(
    false,
  );
  const other = await open("198.51.100.2");
  expect((await refused(await open("198.51.100.3"))).code).toBe("overloaded");
  // Who may not follow may read.
  expect((await system.view(id)).id).toBe(id);
  await first.body!.cancel();
  const again = await open("198.51.100.1");
  expect(again.status).toBe(200);
  // Streams that come to their end are not open any more.
  const machine = await system.machine();
  const [held, ...more] = await machine.claim();
  expect(more).toEqual([]);
  await machine.finish(held!);
  await Promise.all([second, other, again].map((response) => response.text()));
  const metrics = await (await system.call("GET", "/metrics")).text();
  expect(metrics).toContain("deferred_open_streams 0");
});
