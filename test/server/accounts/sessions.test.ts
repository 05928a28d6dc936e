import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import { expect, onTestFinished, test, vi } from "vitest";
import { pagePaths, paths } from "../../../protocol/paths.ts";
import { openSqlite } from "../../../server/database/sqlite.ts";
import { createAudit } from "../../../server/accounts/audit.ts";
import { createSessions } from "../../../server/accounts/sessions.ts";
import { createPasswords } from "../../../server/accounts/users/passwords.ts";
import { createUsers } from "../../../server/accounts/users/users.ts";
import { startPushedProject, type PushedProject } from "../pushed-project.ts";
import { codeOf } from "../system.ts";

const html = { accept: "text/html" };

async function linkOf(project: PushedProject): Promise<string> {
  const { url } = (await project.own("POST", paths.signInLinks)) as { url: string };
  return new URL(url).pathname;
}

/** The cookie that a link sets, as a browser would send it. */
async function signIn(project: PushedProject): Promise<string> {
  const response = await project.call("GET", await linkOf(project), undefined, html);
  expect(response.status).toBe(303);
  return response.headers.get("set-cookie")!.split(";")[0]!;
}

test("a link signs one browser in, once", async () => {
  const project = await startPushedProject();
  const link = await linkOf(project);
  const looked = await project.call("HEAD", link);
  expect([looked.status, looked.headers.get("set-cookie")]).toEqual([200, null]);
  const guessed = await project.call("GET", link, undefined, { "sec-purpose": "prefetch" });
  expect([guessed.status, guessed.headers.get("set-cookie")]).toEqual([503, null]);
  const previewed = await project.call("GET", link, undefined, { "user-agent": "Slackbot 1.0" });
  expect([previewed.status, previewed.headers.get("set-cookie")]).toEqual([503, null]);

  const response = await project.call("GET", link, undefined, html);
  expect(response.status).toBe(303);
  expect(response.headers.get("location")).toBe("/account/welcome");
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(response.headers.get("referrer-policy")).toBe("no-referrer");
  expect(response.headers.get("set-cookie")).toMatch(
    /^deferred_8080=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/,
  );
  const cookie = response.headers.get("set-cookie")!.split(";")[0]!;
  const page = await project.call("GET", pagePaths.project(project.slug), undefined, { cookie });
  expect(page.status).toBe(200);
  expect(page.headers.get("cache-control")).toBe("no-store");

  const again = await project.call("GET", link, undefined, html);
  expect([again.status, again.headers.get("set-cookie")]).toEqual([403, null]);
  expect(await again.text()).toContain("npm run --silent deferred -- sign-in");
  expect(await codeOf(await project.call("GET", link))).toBe("sign_in_link_wrong");
});

test("a link is over after a quarter of an hour, a session after 30 days", async () => {
  const project = await startPushedProject();
  const link = await linkOf(project);
  const cookie = await signIn(project);
  const began = Date.now();
  const clock = vi.spyOn(Date, "now");
  try {
    clock.mockReturnValue(began + 16 * 60_000);
    expect((await project.call("GET", link)).status).toBe(403);
    const page = () => project.call("GET", pagePaths.project(project.slug), undefined, { cookie });
    expect((await page()).status).toBe(200);
    clock.mockReturnValue(began + 31 * 24 * 60 * 60_000);
    expect((await page()).status).toBe(401);
  } finally {
    clock.mockRestore();
  }
});

test("behind https the cookie is kept to the host and to https", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deferred-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const database = await openSqlite(join(folder, "database.sqlite"));
  const url = "https://runner.example";
  const now = () => 0;
  const sessions = createSessions({ database, audit: createAudit(database, now), url, now });
  const users = createUsers({ database, passwords: createPasswords(), now });
  const app = new Hono().get("/", async (c) => {
    await sessions.begin(c, (await users.owner()).id);
    return c.text("");
  });
  const cookie = (await app.request(url)).headers.get("set-cookie");
  expect(cookie).toMatch(/^__Host-deferred=[\w-]{43}; .*Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  await database.close();
});

test("only the owner's token makes links", async () => {
  const project = await startPushedProject();
  expect(await codeOf(await project.call("POST", paths.signInLinks))).toBe("token_missing");
  const cookie = await signIn(project);
  const bySession = await project.call("POST", paths.signInLinks, undefined, { cookie });
  expect(await codeOf(bySession)).toBe("token_missing");
});

test("a session reads and changes nothing", async () => {
  const project = await startPushedProject();
  const cookie = await signIn(project);
  const { run } = await project.push({ subject: "Works" });
  expect((await project.call("GET", paths.run(run), undefined, { cookie })).status).toBe(200);
  const changes = [
    ["DELETE", paths.run(run), undefined],
    ["POST", paths.projectRuns(project.slug), { task: { do: "exec", command: "id" } }],
    ["PATCH", paths.project(project.slug), { settings: { public: true } }],
    ["POST", paths.outgoingHooks(project.slug), { url: "http://127.0.0.1/" }],
    ["PUT", paths.secret(project.slug, "TOKEN"), { value: "x" }],
    ["POST", paths.projects, { slug: "acme/other" }],
  ] as const;
  for (const [method, path, body] of changes) {
    const answer = await project.call(method, path, body, { cookie });
    expect([method, path, await codeOf(answer)]).toEqual([method, path, "token_missing"]);
  }
});

test("signing out ends the session, and no other site's form can do it", async () => {
  const project = await startPushedProject();
  const cookie = await signIn(project);
  const page = () => project.call("GET", pagePaths.projects, undefined, { cookie });
  const forms: Record<string, string>[] = [
    { "sec-fetch-site": "cross-site", origin: "http://127.0.0.1:8080" },
    { "sec-fetch-site": "same-site" },
    { origin: "https://evil.example" },
    {},
  ];
  for (const headers of forms) {
    const response = await project.call("POST", pagePaths.signOut, undefined, {
      cookie,
      ...headers,
    });
    expect(response.status).toBe(400);
  }
  expect((await page()).status).toBe(200);
  const origin = "http://127.0.0.1:8080";
  const out = await project.call("POST", pagePaths.signOut, undefined, { cookie, origin });
  expect(out.status).toBe(303);
  expect(out.headers.get("set-cookie")).toMatch(/^deferred_8080=; Max-Age=0;/);
  expect((await page()).status).toBe(401);
});
