import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { createAccountsPart } from "../../../server/accounts/index.ts";
import { ownPath } from "../../../server/accounts/sessions.ts";
import { createSealing } from "../../../server/database/sealing.ts";
import { openSqlite } from "../../../server/database/sqlite.ts";
import { refusedForm } from "../../../server/pages/refused-form.ts";
import { createProjects } from "../../../server/projects/index.ts";
import { startSystem, url as own } from "../system.ts";

const URL = "https://runner.example";
const MINUTE_MS = 60_000;

/** An app with forms, and the cookie of a browser that the owner signed in. */
async function startForms() {
  const folder = await mkdtemp(join(tmpdir(), "deferred-"));
  const database = await openSqlite(join(folder, "database.sqlite"));
  onTestFinished(async () => {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });
  let time = Date.UTC(2026, 0, 1);
  const now = () => time;
  const sealing = createSealing("x".repeat(43));
  const projects = createProjects({ database, sealing, now, addresses: { allowPrivate: false } });
  await projects.create({ slug: "ada/one" });
  const { access, people, sessions, middleware } = createAccountsPart({
    callers: { countRequest: () => {}, caller: () => undefined },
    ...{ database, projects, mailer: undefined, secret: "x".repeat(43), url: URL, now },
    people: { signUp: "invited", newProjects: "owner", gitHubSignIn: undefined },
    steady: now,
    log: pino({ level: "silent" }),
  });
  const { currentUser } = access;
  const app = new Hono().onError(refusedForm({ currentUser, version: "0.0.0" }));
  app.use(middleware);
  app.get("/sign-in/:code", async (c) => {
    if (!(await sessions.takeLink(c.req.param("code")))) return c.body(null, 403);
    return c.json(await sessions.begin(c, (await people.users.owner()).id));
  });
  app.get("/proved", (c) => {
    sessions.comeBack(c, "/projects/ada/one/remove");
    return c.body(null);
  });
  const actors: unknown[] = [];
  app.post("/projects/:owner/:name/:fresh{fresh|any}", async (c) => {
    const { owner, name, fresh } = c.req.param();
    const options = { fresh: fresh === "fresh" };
    actors.push(await access.submit(c, `${owner}/${name}`, "admin", options));
    return c.redirect("/done", 303);
  });
  const link = await sessions.makeLink();
  const signedIn = await app.request(link.url);
  const cookie = (signedIn.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  const send = async (path: string, headers: Record<string, string>) => {
    const response = await app.request(URL + path, { method: "POST", headers });
    return `${response.status} ${response.headers.get("location") ?? ""}`.trim();
  };
  const wait = (minutes: number) => void (time += minutes * MINUTE_MS);
  /** The forms in the audit log, which has the sign-in too. */
  const audited = () =>
    database.queries.selectFrom("audit").selectAll().where("action", "like", "POST %").execute();
  return { app, send, wait, audited, actors, cookie, sessions };
}

test("a form takes a session, this server's page and a project, and is recorded", async () => {
  const { send, audited, actors, cookie } = await startForms();
  const samePage = { "sec-fetch-site": "same-origin" };
  const path = "/projects/ada/one/any";
  expect(await send(path, samePage)).toBe("401");
  expect(await send(path, { cookie })).toBe("400");
  expect(await send(path, { cookie, origin: "https://evil.example" })).toBe("400");
  expect(await send(path, { cookie, "sec-fetch-site": "same-site", origin: URL })).toBe("400");
  expect(await send("/projects/ada/none/any", { cookie, ...samePage })).toBe("404");
  expect([await audited(), actors]).toEqual([[], []]);

  expect(await send(path, { cookie, origin: URL })).toBe("303 /done");
  const id = expect.stringMatching(/^[a-z0-9]{26}$/);
  expect(actors).toEqual([{ kind: "owner", id, name: "Owner" }]);
  expect(await audited()).toMatchObject([
    {
      actor_kind: "owner",
      actor: id,
      project: "ada/one",
      action: "POST /projects/{owner}/{name}/{fresh}",
      path,
      status: 303,
      location: "/done",
    },
  ]);
});

test("a form that is sent signed out comes back with what was typed, and can be sent again", async () => {
  const { app } = await startSystem();
  const path = "/projects/local/demo/settings?x=1";
  const send = (headers: Record<string, string>, body: string) => {
    const type = { "content-type": "application/x-www-form-urlencoded" };
    return app.request(own + path, { method: "POST", headers: { ...type, ...headers }, body });
  };
  const from = { "sec-fetch-site": "same-origin", referer: `${own}/projects/local/demo/settings` };
  const typed = { title: '"><b>', lines: "a\r\nb", password: "not shown" };
  const response = await send(from, `${new URLSearchParams(typed)}`);
  expect([response.status, response.headers.get("cache-control")]).toEqual([401, "no-store"]);
  const page = (await response.text()).replace(/\s+/g, " ");
  expect(page).toContain(`<form class="form" method="post" action="${path}">`);
  expect(page).toContain('name="title" value="&quot;&gt;&lt;b&gt;"');
  expect(page).toContain('href="/sign-in?back=%2Fprojects%2Flocal%2Fdemo%2Fsettings"');
  expect(page).not.toContain("not shown");
  // What is too large is not kept, and neither is another site's form.
  const large = await send(from, `a=${"x".repeat(70_000)}`);
  expect([large.status, (await large.text()).includes("Sign in to see this.")]).toEqual([
    401,
    true,
  ]);
  expect(await (await send({ "sec-fetch-site": "cross-site" }, "a=planted")).text()).not.toMatch(
    /planted/,
  );
});

test("what destroys takes a proof of the last ten minutes, which leads back", async () => {
  const { app, send, wait, audited, cookie, sessions } = await startForms();
  const referer = `${URL}/projects/ada/one/remove?x=1`;
  const headers = { cookie, "sec-fetch-site": "same-origin", referer };
  wait(9);
  expect(await send("/projects/ada/one/fresh", headers)).toBe("303 /done");
  wait(2);
  const prove = "303 /account/prove?back=%2Fprojects%2Fada%2Fone%2Fremove%3Fx%3D1";
  expect(await send("/projects/ada/one/fresh", headers)).toBe(prove);
  expect(await audited()).toHaveLength(1);

  const asked = await app.request(`${URL}/proved`);
  const back = (asked.headers.get("set-cookie") ?? "").split(";")[0];
  const link = await sessions.makeLink();
  const proved = await app.request(link.url, { headers: { cookie: `${cookie}; ${back}` } });
  expect(await proved.json()).toEqual({ back: "/projects/ada/one/remove" });
  const fresh = proved.headers.getSetCookie().find((one) => /^__Host-deferred=[^;]/.test(one));
  const renewed = { ...headers, cookie: (fresh ?? "").split(";")[0] ?? "" };
  expect(await send("/projects/ada/one/fresh", renewed)).toBe("303 /done");
  // The session before ended with the proof.
  expect(await send("/projects/ada/one/any", headers)).toBe("401");
});

test("only a path of this server leads back", () => {
  const paths = ["/a?b=c", "//evil.example", "/\\evil.example", "https://evil.example/", "", "a"];
  expect(paths.map(ownPath)).toEqual(["/a?b=c", ...Array(5).fill(undefined)]);
  expect(ownPath("/a/..//evil.example")).toBeUndefined();
});
