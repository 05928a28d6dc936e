import { expect, test } from "vitest";
import { pagePaths } from "../../../protocol/paths.ts";
import { signIn } from "../sign-in.ts";
import { startSystem, url } from "../system.ts";

const html = { accept: "text/html" };

test("every page keeps who is signed in, and offers to sign in to everybody else", async () => {
  const system = await startSystem();
  const cookie = await signIn(system);
  for (const path of ["/", "/docs", "/projects", "/operator", "/nothing/here", "/projects/a/b"]) {
    const page = await system.call("GET", path, undefined, { ...html, cookie });
    expect([path, await page.text()]).toEqual([path, expect.stringContaining("<button>Sign out")]);
    const other = await (await system.call("GET", path, undefined, html)).text();
    expect([path, other]).toEqual([
      path,
      expect.stringContaining(`href="${pagePaths.signInPage}"`),
    ]);
    expect(other).not.toContain("Sign out");
  }
  const home = await system.call("GET", "/", undefined, { ...html, cookie });
  expect(home.headers.get("cache-control")).toBe("no-store");
  expect(home.headers.get("vary")).toMatch(/cookie/i);
});

test("a slash at the end leads to the page without it, on this host", async () => {
  const system = await startSystem();
  for (const [from, to] of [
    ["/projects/", "/projects"],
    ["/operator//", "/operator"],
    ["/projects/a/b/runs/?before=1.a", "/projects/a/b/runs?before=1.a"],
    ["//evil.example/", "/evil.example"],
  ] as const) {
    const answer = await system.call("GET", url + from, undefined, html);
    expect([from, answer.status, answer.headers.get("location")]).toEqual([from, 308, to]);
  }
  expect((await system.call("GET", "/projects/acme", undefined, html)).status).toBe(302);
  const program = await system.call("GET", "/projects/", undefined, { accept: "*/*" });
  expect(program.status).toBe(404);
});

test("signing out by an address asks first, and ends nothing by itself", async () => {
  const system = await startSystem();
  const cookie = await signIn(system);
  const asked = await system.call("GET", pagePaths.signOut, undefined, { ...html, cookie });
  expect([asked.status, await asked.text()]).toEqual([200, expect.stringContaining("Sign out?")]);
  const still = await system.call("GET", pagePaths.operator, undefined, { ...html, cookie });
  expect(still.status).toBe(200);
  const nobody = await system.call("GET", pagePaths.signOut, undefined, html);
  expect([nobody.status, nobody.headers.get("location")]).toEqual([303, "/"]);
});

test("the sign-in page says what to do, and leads on who is signed in", async () => {
  const system = await startSystem();
  const page = await system.call("GET", pagePaths.signInPage, undefined, html);
  expect(await page.text()).toContain("npm run --silent deferred -- sign-in");
  const cookie = await signIn(system);
  const on = await system.call("GET", pagePaths.signInPage, undefined, { ...html, cookie });
  expect(on.headers.get("location")).toBe(pagePaths.projects);
});
