import { readdir } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import type { RunCreated } from "../../../protocol/run.ts";
import { openSqlite } from "../../../server/database/sqlite.ts";
import { signIn } from "../sign-in.ts";
import { startPushedProject } from "../pushed-project.ts";
import { codeOf, startSystem, type System } from "../system.ts";

const CODE = "print(1)";
const CHROME =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0";
const CRAWLER = { "user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://google.com/bot)" };

/** Asks for runs of one block, as whoever sends these headers. */
async function asking(system: System, changes: Parameters<System["sign"]>[1] = {}) {
  const block = await system.sign(CODE, changes);
  return async (headers: Record<string, string> = {}, more: object = {}) =>
    system.call("POST", paths.runs, { block, code: CODE, ...more }, headers);
}

const UNASKED: [who: string, headers: Record<string, string>][] = [
  ["a browser that prefetches", { "sec-purpose": "prefetch" }],
  ["a browser that prerenders", { "sec-purpose": "prefetch;prerender" }],
  ["an older browser that prefetches", { purpose: "prefetch" }],
  ["an older browser that fetches links", { "x-moz": "prefetch" }],
  ["a search engine", CRAWLER],
  ["a crawler that comes as a browser", { "user-agent": `${CHROME} Chrome-Lighthouse` }],
  ["a crawler by its name alone", { "user-agent": "ExampleBot/1.0 (+https://example.org)" }],
  ["a crawler that drives a browser", { "user-agent": "HeadlessChrome/143.0 FooBot/2.1" }],
  ["what previews links", { "user-agent": "facebookexternalhit/1.1" }],
];

const ASKING: [who: string, agent: string][] = [
  ["a browser", CHROME],
  ["a browser that a test drives", CHROME.replace("Chrome", "HeadlessChrome")],
  ["curl", "curl/8.15.0"],
  ["wget", "Wget/1.25.0"],
  ["python-requests", "python-requests/2.32.5"],
  ["urllib", "Python-urllib/3.13"],
  ["Node.js, and so the command line", "node"],
  ["Go", "Go-http-client/2.0"],
  ["a program of one's own", "build-server/1.0"],
  ["what says nothing of itself", ""],
];

describe("what nobody asked for", () => {
  test("makes no run and wakes no machine, whoever sends it", async () => {
    const origins = ["https://blog.example"];
    const origin = { origin: origins[0]! };
    const system = await startSystem();
    const ask = await asking(system, { cache_s: 60, origins });
    const wake = { block: await system.sign(CODE, { origins }) };
    for (const [who, headers] of UNASKED) {
      const refused = await ask({ ...origin, ...headers });
      expect([who, refused.status, await codeOf(refused)]).toEqual([who, 403, "run_unasked"]);
      const hint = await system.call("POST", paths.wake, wake, { ...origin, ...headers });
      expect([who, await hint.json()]).toEqual([who, { state: "declined" }]);
    }
    expect(await readdir(system.folder.machines).catch(() => [])).toEqual([]);
  });

  test("is answered by the run in flight, which does not go on for its sake", async () => {
    const system = await startSystem();
    const ask = await asking(system, { cache_s: 60 });
    const first = (await (await ask()).json()) as RunCreated;
    const joined = await ask(CRAWLER);
    expect(joined.status).toBe(202);
    const run = (await joined.json()) as RunCreated;
    expect(run.id).toBe(first.id);
    expect(run.cancel_token).toBeUndefined();
    const authorization = `Bearer ${first.cancel_token}`;
    await system.call("DELETE", paths.run(first.id), undefined, { authorization });
    expect((await system.view(first.id)).state).toBe("canceled");
  });

  test("is answered by a stored result, and by no fresh one", async () => {
    const system = await startSystem();
    const ask = await asking(system, { cache_s: 60 });
    const first = (await (await ask()).json()) as RunCreated;
    const machine = await system.machine();
    await machine.finish(await machine.claimOne());
    const stored = await ask(CRAWLER);
    expect(stored.status).toBe(200);
    expect(await stored.json()).toMatchObject({ id: first.id, stored: { id: first.id } });
    expect(await codeOf(await ask(CRAWLER, { fresh: true }))).toBe("run_unasked");
  });
});

describe("whoever asks gets a run", () => {
  test("as a browser, with the usual tools, and with a program of one's own", async () => {
    const system = await startSystem();
    const ask = await asking(system);
    for (const [who, agent] of ASKING) {
      expect([who, (await ask({ "user-agent": agent })).status]).toEqual([who, 202]);
    }
  });

  test("with a token of the server, whatever it calls itself; a wrong one is none", async () => {
    const system = await startSystem();
    const ask = await asking(system);
    const owner = { authorization: `Bearer ${system.ownerToken.trim()}` };
    expect((await ask({ ...CRAWLER, ...owner })).status).toBe(202);
    const wrong = await ask({ ...CRAWLER, authorization: `Bearer ${"x".repeat(43)}` });
    expect(await codeOf(wrong)).toBe("run_unasked");
  });
});

test("no GET and no HEAD of any address makes a run or wakes a machine", async () => {
  const project = await startPushedProject({ settings: { public: true } });
  const { run, sha, delivery } = await project.push({ subject: "One" });
  const values: Record<string, string> = {
    ...{ owner: "acme", name: "site", run, sha },
    ...{ code: "x".repeat(43), provider: "github", tag: "runs", guide: "embed" },
  };
  const addresses = [
    ...new Set(project.app.routes.filter(({ method }) => method === "GET").map(({ path }) => path)),
  ].map((path) =>
    path
      .replace("/deliveries/:id", `/deliveries/${delivery}`)
      .replaceAll(/:(\w+)(\{[^}]*\})?/g, (_, name: string) => values[name] ?? run)
      .replaceAll("*", "x"),
  );
  expect(addresses).toContain(paths.run(run));
  expect(addresses).toContain("/docs");
  // Routes of programs take the token, pages of people the session.
  const callers = [project.owner, { cookie: await signIn(project) }];
  const answered = new Set<string>();
  for (const address of [...addresses, `${paths.events}?runs=${run}`]) {
    for (const caller of callers) {
      for (const method of ["GET", "HEAD"]) {
        const headers = { ...caller, accept: "text/html" };
        const response = await project.call(method, address, undefined, headers);
        await response.body?.cancel();
        expect([address, response.status < 500]).toEqual([address, true]);
        if (response.ok) answered.add(address);
      }
    }
  }
  expect(answered.size).toBeGreaterThan(addresses.length * 0.6);
  await project.close();
  const { queries, close } = await openSqlite(project.folder.database);
  const runs = await queries.selectFrom("runs").select("id").execute();
  const wakes = await queries.selectFrom("wakes").select("project").execute();
  await close();
  expect(runs).toEqual([{ id: run }]);
  expect(new Set(wakes.map(({ project: slug }) => slug))).toEqual(new Set(["acme/site"]));
  expect(wakes.length).toBeLessThanOrEqual(1);
});
